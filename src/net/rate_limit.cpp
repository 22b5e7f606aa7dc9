#include "net/rate_limit.hpp"

#include <algorithm>
#include <map>

#include "net/backoff.hpp"

namespace etl::net {

std::shared_ptr<RateLimit> RateLimit::of_process(std::uint64_t bytes_per_second) {
  static std::mutex mutex;
  static std::map<std::uint64_t, std::weak_ptr<RateLimit>> limits;
  const std::lock_guard lock(mutex);
  std::weak_ptr<RateLimit>& known = limits[bytes_per_second];
  auto limit = known.lock();
  if (!limit) known = limit = std::make_shared<RateLimit>(bytes_per_second);
  return limit;
}

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
