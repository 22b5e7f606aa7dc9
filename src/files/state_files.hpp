#pragma once

#include <filesystem>
#include <string>

#include "base/file_lock.hpp"
#include "base/project_id.hpp"

namespace etl::files {

/// `<state>/files/<host>[_<port>]<suffix>`: what belongs to one commons.
[[nodiscard]] std::filesystem::path state_file(const std::filesystem::path& state_folder, const std::string& endpoint,
                                               const std::string& suffix);

/// One run at a time changes a project's files in a commons, as far as runs share their folder of state. LockedError
/// names the process that holds it.
class ProjectLock {
 public:
  ProjectLock(const std::filesystem::path& state_folder, const std::string& endpoint, const ProjectId& project);

 private:
  FileLock lock_;
};

}  // namespace etl::files
