#pragma once

#include "base/file_lock.hpp"
#include "run/database_lock.hpp"
#include "run/run_context.hpp"

namespace etl::run {

/// Held while a run works on a project, so that no two do: a file in the state dir, and a lock in the database where
/// one is named, which pods that share no state dir see as well. LockedError names the holder.
class StudyLock {
 public:
  StudyLock(const RunContext& context, const ProjectId& project, DatabaseLock::Need need);

 private:
  FileLock file_;
  DatabaseLock database_;
};

}  // namespace etl::run
