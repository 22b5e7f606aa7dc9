#pragma once

#include <optional>

#include "config/settings.hpp"
#include "studies/pull.hpp"

namespace etl::studies {

/// A pull of all studies as the settings describe it: bucket, prefixes (those of single studies in etl.yaml, too),
/// folders, state dir, requests at once. std::nullopt when no source is set: then the folders are used as they are
/// mounted.
[[nodiscard]] std::optional<PullOptions> pull_options(const config::Settings& settings);

}  // namespace etl::studies
