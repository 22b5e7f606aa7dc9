#pragma once

#include <chrono>
#include <optional>

namespace etl::run {

/// When a regular run is due, where nobody else keeps the time.
struct Schedule {
  using Time = std::chrono::sys_seconds;

  std::chrono::seconds every{};
  std::chrono::seconds jitter{};

  /// `last`: when a run last began, by this process or an earlier one. Due at `now` when there was none, and when the
  /// time has passed already (once, however often it passed); else `every` after the last, and up to `jitter` later, as
  /// `dice` (from 0 to 1) says. A last run in the future, after the clock was set back, does not count.
  [[nodiscard]] Time next(std::optional<Time> last, Time now, double dice) const;
};

}  // namespace etl::run
