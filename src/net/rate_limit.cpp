#include "net/rate_limit.hpp"

#include <algorithm>

#include "net/backoff.hpp"

namespace etl::net {

void RateLimit::take(std::uint64_t bytes, const std::stop_token& stop) {
  if (!limited()) return;
  Clock::time_point turn;
  {
    const std::lock_guard lock(mutex_);
    turn = std::max(next_, Clock::now());
    const std::chrono::duration<double> time(static_cast<double>(bytes) / static_cast<double>(bytes_per_second_));
    next_ = turn + std::chrono::duration_cast<Clock::duration>(time);
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(turn - Clock::now());
  if (wait > std::chrono::milliseconds(0)) sleep_for(wait, stop);
}

}  // namespace etl::net
