#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>

namespace etl::net {

/// Bytes a second, shared by all transfers that hold the same object: each waits until the bytes before its own have
/// had their time.
class RateLimit {
 public:
  explicit RateLimit(std::uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

  /// The limiter of this process for that many bytes a second. All clients with the same limit share it while one of
  /// them lives, so that a pull and an upload in one process have one budget between them.
  [[nodiscard]] static std::shared_ptr<RateLimit> of_process(std::uint64_t bytes_per_second);

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
