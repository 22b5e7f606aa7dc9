#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "gen3/fence.hpp"

namespace etl::files {

/// The bucket's name for the url of a record whose upload goes to fence's default: DATA_UPLOAD_BUCKET of fence's own
/// configuration where that is mounted, else the one bucket that fence has. UsageError when it is not clear.
[[nodiscard]] std::string default_bucket(const std::filesystem::path& fence_config, gen3::Fence& fence);

}  // namespace etl::files
