#include "checks/check.hpp"

#include <algorithm>

namespace etl::checks {

void Report::fail(std::string name, const Error& error) {
  std::string detail = error.what();
  if (!error.where().empty()) detail += " (" + error.where() + ")";
  // To say "run doctor" to someone who does is no help; the user, the token and the permissions are other checks.
  const bool points_here = error.hint().find("aced-etl doctor") != std::string::npos;
  fail(std::move(name), std::move(detail),
       points_here ? "make sure that the API key is the ETL user's, and grant this user what is missing in user.yaml"
                   : error.hint(),
       error.code());
}

std::size_t Report::count(Check::State state) const {
  return static_cast<std::size_t>(std::ranges::count(checks_, state, &Check::state));
}

ExitCode Report::exit() const {
  const auto failed = std::ranges::find(checks_, Check::State::failed, &Check::state);
  return failed == checks_.end() ? ExitCode::done : failed->exit;
}

}  // namespace etl::checks
