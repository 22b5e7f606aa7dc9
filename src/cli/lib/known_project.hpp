#pragma once

#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "cli/lib/commons.hpp"
#include "cli/lib/context.hpp"
#include "graph/connection/connection.hpp"

namespace etl::cli {

/// UsageError with the nearest of the projects that `where` has, unless it has this one.
void require_project(const std::vector<ProjectId>& known, const ProjectId& project, const std::string& where);

/// For a command that found nothing of a project: UsageError with the nearest project when the graph has no such
/// project, so that a mistyped name does not look like an empty project.
void require_project(graph::Connection& connection, const ProjectId& project);

/// The same, asked of sheepdog. Where sheepdog cannot be asked, or shows this user no project, nothing is known and
/// nothing is thrown.
void require_project(Commons& commons, const ProjectId& project);

/// The same for a command that found nothing of a project on the search server, which has documents of the projects
/// `loaded`. What else exists is asked of sheepdog or, without a commons, of the graph. Where neither can be asked,
/// only a name that is near to one of `loaded` is refused.
void require_project(const Context& context, const std::vector<std::string>& loaded, const ProjectId& project,
                     const std::string& where);

}  // namespace etl::cli
