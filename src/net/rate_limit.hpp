#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace etl::net {

/// Bytes a second, shared by all transfers of a client: whoever takes bytes waits for its turn.
class RateLimit {
 public:
  explicit RateLimit(std::uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

  [[nodiscard]] bool limited() const noexcept { return bytes_per_second_ != 0; }
  /// Returns when the bytes before these have had their time. StoppedError when `stop` is requested.
  void take(std::uint64_t bytes, const std::stop_token& stop);

 private:
  using Clock = std::chrono::steady_clock;

  std::uint64_t bytes_per_second_;
  std::mutex mutex_;
  Clock::time_point next_;
};

}  // namespace etl::net
