#include "run/study_lock.hpp"

#include <fmt/format.h>

namespace etl::run {

StudyLock::StudyLock(const Workplace& workplace, const ProjectId& project, DatabaseLock::Need need)
    : file_(workplace.state_dir() / "run" / (as_file_name(project.str()) + ".lock"),
            fmt::format("another run is at work on {}", project.str())),
      database_(workplace.settings(), project, need) {}

}  // namespace etl::run
