#include "run/study_lock.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "config/database.hpp"

namespace etl::run {

StudyLock::StudyLock(const RunContext& context, const ProjectId& project, bool in_database)
    : file_(context.state_dir() / "run" / (as_file_name(project.str()) + ".lock"),
            fmt::format("another run is at work on {}", project.str())) {
  if (!in_database) return;
  // Not context.connect(): the lock must outlive a stop until all is wound up.
  connection_.emplace(config::database_address(context.settings()));
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
