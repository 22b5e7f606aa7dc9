#include "run/database_lock.hpp"

#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "base/log.hpp"
#include "config/database.hpp"
#include "graph/connection/sql_lock.hpp"

namespace etl::run {

DatabaseLock::DatabaseLock(const config::Settings& settings, const ProjectId& project, Need need) {
  if (need == Need::required) {
    take(config::database_address(settings), project);
    return;
  }
  try {
    if (const auto address = config::database_address(settings); address.unnamed.empty()) take(address, project);
  } catch (const LockedError&) {
    throw;
  } catch (const Error& error) {
    transaction_.reset();
    connection_.reset();
    log::warn(
        "{} is not locked in the database ({}): a run or a files command with another state dir will not wait for "
        "this one",
        project.str(), error.what());
  }
}

void DatabaseLock::take(const config::DatabaseAddress& address, const ProjectId& project) {
  // Without a stop: the lock must outlive it until everything is wound up.
  connection_.emplace(address);
  constexpr unsigned tries = 20;
  transaction_.emplace(*connection_);
  for (unsigned tried = 1;; ++tried) {
    try {
      graph::lock_run(*connection_, project);
      return;
    } catch (const LockedError&) {  // the session of a run that was killed takes a moment to end
      if (tried == tries) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

}  // namespace etl::run
