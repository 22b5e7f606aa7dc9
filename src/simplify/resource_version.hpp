#pragma once

#include <string_view>

#include "fhir/id_index.hpp"

namespace etl::simplify {

/// meta.versionId and meta.lastUpdated of a resource, given as JSON text that is known to be right.
[[nodiscard]] fhir::IdIndex::Version resource_version(std::string_view resource);

}  // namespace etl::simplify
