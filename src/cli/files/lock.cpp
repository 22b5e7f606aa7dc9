#include "cli/files/lock.hpp"

#include "config/folder.hpp"

namespace etl::cli {

FilesLock::FilesLock(const Context& context, const Commons& commons, const ProjectId& project)
    : file_(config::folder(context.settings, "state_dir"), commons.session.endpoint(), project) {
  if (!context.dry_run) database_.emplace(context.settings, project, run::DatabaseLock::Need::if_possible);
}

}  // namespace etl::cli
