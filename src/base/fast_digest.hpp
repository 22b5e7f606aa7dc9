#pragma once

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>

namespace etl {

/// XXH3's 128 bits of bytes that come in pieces: to tell whether something has changed, at the speed of memory. It
/// proves nothing against somebody who wants two things to look equal.
class FastDigest {
 public:
  FastDigest() : state_(XXH3_createState()) {
    if (!state_) throw std::bad_alloc();
    reset();
  }

  void reset() { XXH3_128bits_reset(state_.get()); }
  void add(std::string_view bytes) { XXH3_128bits_update(state_.get(), bytes.data(), bytes.size()); }
  [[nodiscard]] std::array<std::uint64_t, 2> value() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return {hash.high64, hash.low64};
  }
  /// 32 digits.
  [[nodiscard]] std::string hex() const {
    const auto [high, low] = value();
    return fmt::format("{:016x}{:016x}", high, low);
  }

 private:
  struct Deleter {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Deleter> state_;
};

}  // namespace etl
