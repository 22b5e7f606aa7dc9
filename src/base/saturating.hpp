#pragma once

#include <cstdint>
#include <limits>

namespace etl {

/// A sum that stays at the largest number instead of starting again at 0: for totals of sizes that others announce.
[[nodiscard]] constexpr std::uint64_t saturating_add(std::uint64_t one, std::uint64_t other) noexcept {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  return one > most - other ? most : one + other;
}

}  // namespace etl
