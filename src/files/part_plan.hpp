#pragma once

#include <algorithm>
#include <cstdint>

namespace etl::files {

inline constexpr std::uint64_t MiB = std::uint64_t{1} << 20U;

// "Amazon S3 multipart upload limits": 10,000 parts of 5 MiB to 5 GiB, the last may be smaller; an object of at most
// 5 TiB; a single PUT of at most 5 GiB.
inline constexpr std::uint64_t most_parts = 10'000;
inline constexpr std::uint64_t smallest_part = 5 * MiB;
inline constexpr std::uint64_t largest_put = 5 * 1024 * MiB;
inline constexpr std::uint64_t largest_object = 5 * 1024 * 1024 * MiB;

/// The cuts of a file that is sent in parts.
struct PartPlan {
  std::uint64_t size = 0;
  std::uint64_t part_size = 0;

  [[nodiscard]] unsigned count() const {
    return static_cast<unsigned>(size == 0 ? 1 : (size + part_size - 1) / part_size);
  }
  /// Of part `number`, from 1.
  [[nodiscard]] std::uint64_t offset(unsigned number) const { return (number - 1) * part_size; }
  [[nodiscard]] std::uint64_t length(unsigned number) const { return std::min(part_size, size - offset(number)); }
};

/// Parts of `wanted` bytes, or of more where 10,000 of these would not do, then in whole MiB.
[[nodiscard]] constexpr PartPlan plan_parts(std::uint64_t size, std::uint64_t wanted) {
  const std::uint64_t needed = (size + most_parts - 1) / most_parts;
  const std::uint64_t rounded = (needed + MiB - 1) / MiB * MiB;
  return {size, std::max({wanted, smallest_part, needed > wanted ? rounded : 0})};
}

}  // namespace etl::files
