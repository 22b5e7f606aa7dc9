#pragma once

// Numbers that depend on nothing but a seed and a place: the same on every machine, computable in any order.

#include <cstdint>
#include <span>

namespace etl::synth {

/// One round of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

/// A stream of numbers for one record (or one file's body).
class Random {
 public:
  constexpr explicit Random(std::uint64_t state) noexcept : state_(state) {}

  constexpr std::uint64_t next() noexcept {
    const std::uint64_t now = state_;
    state_ += 0x9E3779B97F4A7C15ULL;
    return mix(now);
  }

  /// 0 … limit - 1, without a division; limit below 2^32.
  constexpr std::uint64_t below(std::uint64_t limit) noexcept { return ((next() >> 32U) * limit) >> 32U; }

  /// True once in `times`.
  constexpr bool one_in(std::uint64_t times) noexcept { return below(times) == 0; }

  template <class T, std::size_t N>
  constexpr const T& pick(const T (&choices)[N]) noexcept {
    return choices[below(N)];
  }

 private:
  std::uint64_t state_;
};

}  // namespace etl::synth
