#pragma once

#include <optional>

#include "base/file_lock.hpp"
#include "graph/connection/sql_lock.hpp"
#include "run/run_context.hpp"

namespace etl::run {

/// Held while a run works on a project, so that no two do: a file in the state dir and, where the graph is served, a
/// lock in its database, which pods that share no state dir see as well. LockedError names the holder.
class StudyLock {
 public:
  StudyLock(const RunContext& context, const ProjectId& project, bool in_database);

 private:
  FileLock file_;
  std::optional<graph::Connection> connection_;
  std::optional<graph::Transaction> transaction_;  ///< holds the lock; reads and writes nothing
};

}  // namespace etl::run
