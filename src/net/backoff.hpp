#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string_view>

/// How long to wait before something is tried again.
namespace etl::net {

struct Backoff {
  std::chrono::milliseconds first{250};
  std::chrono::milliseconds longest{15'000};

  /// After the `failed`-th attempt (from 1): random in [d/2, d], d = first * 2^(failed-1), at most longest. The random
  /// part keeps many clients that failed together from coming back together.
  [[nodiscard]] std::chrono::milliseconds wait(unsigned failed) const;
};

/// A Retry-After in either form of RFC 9110, seconds or a date, as the time from `now`; never negative. Nothing when it
/// is neither.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                                         std::chrono::system_clock::time_point now);

/// Throws StoppedError as soon as `stop` is requested.
void sleep_for(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace etl::net
