#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace etl::config {

/// A number of bytes: "4096", "500kB", "10 MB" (powers of 1000), "64MiB", "1Gi" (powers of 1024), in any case of
/// letters. None for anything else, and for what 64 bits do not hold.
[[nodiscard]] std::optional<std::uint64_t> byte_count(std::string_view text);

}  // namespace etl::config
