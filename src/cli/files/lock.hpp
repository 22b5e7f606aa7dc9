#pragma once

#include <optional>

#include "base/project_id.hpp"
#include "cli/lib/commons.hpp"
#include "files/state_files.hpp"
#include "run/database_lock.hpp"

namespace etl::cli {

/// Held while a command changes a project's files: no other command with the same state dir does, and no run or command
/// that shares only the graph's database. LockedError names the holder.
class FilesLock {
 public:
  FilesLock(const Context& context, const Commons& commons, const ProjectId& project);

 private:
  files::ProjectLock file_;
  std::optional<run::DatabaseLock> database_;  ///< not in a dry run
};

}  // namespace etl::cli
