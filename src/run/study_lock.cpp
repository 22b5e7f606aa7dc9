#include "run/study_lock.hpp"

#include <fmt/format.h>

namespace etl::run {

StudyLock::StudyLock(const RunContext& context, const ProjectId& project, DatabaseLock::Need need)
    : file_(context.state_dir() / "run" / (as_file_name(project.str()) + ".lock"),
            fmt::format("another run is at work on {}", project.str())),
      database_(context.settings(), project, need) {}

}  // namespace etl::run
