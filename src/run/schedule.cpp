#include "run/schedule.hpp"

#include <algorithm>

namespace etl::run {

Schedule::Time Schedule::next(std::optional<Time> last, Time now, double dice) const {
  if (!last) return now;
  const auto late = std::chrono::duration_cast<std::chrono::seconds>(jitter * dice);
  return std::max(now, std::min(*last, now) + every + late);
}

}  // namespace etl::run
