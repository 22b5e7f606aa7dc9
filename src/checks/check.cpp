#include "checks/check.hpp"

#include <algorithm>

namespace etl::checks {

std::size_t Report::count(Check::State state) const {
  return static_cast<std::size_t>(std::ranges::count(checks_, state, &Check::state));
}

ExitCode Report::exit() const {
  const auto failed = std::ranges::find(checks_, Check::State::failed, &Check::state);
  return failed == checks_.end() ? ExitCode::done : failed->exit;
}

}  // namespace etl::checks
