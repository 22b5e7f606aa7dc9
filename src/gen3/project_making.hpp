#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/project_id.hpp"
#include "gen3/sheepdog.hpp"

namespace etl::gen3 {

/// What became of a project that should exist.
struct ProjectMade {
  enum class State : unsigned char { exists, made, missing, refused };
  ProjectId id;
  State program = State::exists;
  State project = State::exists;
  std::string reason{};  ///< why it was refused
  ExitCode exit = ExitCode::done;
};

/// Makes what is missing, program by program and project by project. One that this user may not make, or whose code
/// belongs to another program, does not keep the others from being made. A dry run only says what is missing.
[[nodiscard]] std::vector<ProjectMade> make_projects(Sheepdog& sheepdog, const std::vector<ProjectId>& projects,
                                                     bool dry_run);

/// Every project of every program, by program and code.
[[nodiscard]] std::vector<ProjectId> list_projects(Sheepdog& sheepdog);

}  // namespace etl::gen3
