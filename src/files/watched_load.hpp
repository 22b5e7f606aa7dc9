#pragma once

#include <string>

#include "files/loader.hpp"

namespace etl::files {

/// load(), with what people and log collectors see of it: a progress bar called `what`, and every file's outcome.
[[nodiscard]] LoadResult load_watched(const Services& services, Journal& journal, Manifest& manifest,
                                      LoadRequest request, const std::string& what);

}  // namespace etl::files
