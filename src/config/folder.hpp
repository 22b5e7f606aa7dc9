#pragma once

#include <filesystem>
#include <string_view>

#include "config/settings.hpp"

namespace etl::config {

/// The value of a setting that names a folder, a leading `~/` replaced by $HOME: neither etl.yaml nor a default passes
/// through a shell. UsageError when it is not set, or HOME is not and would be needed.
[[nodiscard]] std::filesystem::path folder(const Settings& settings, std::string_view key,
                                           const Environment& environment = process_environment());

}  // namespace etl::config
