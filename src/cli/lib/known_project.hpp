#pragma once

#include "base/project_id.hpp"
#include "cli/lib/commons.hpp"
#include "graph/connection/connection.hpp"

namespace etl::cli {

/// For a command that found nothing of a project: UsageError with the nearest project when the graph has no such
/// project, so that a mistyped name does not look like an empty project.
void require_project(graph::Connection& connection, const ProjectId& project);

/// The same, asked of sheepdog. Where sheepdog cannot be asked, or shows this user no project, nothing is known and
/// nothing is thrown.
void require_project(Commons& commons, const ProjectId& project);

}  // namespace etl::cli
