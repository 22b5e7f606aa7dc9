#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "graph/connection/connection.hpp"
#include "graph/counts.hpp"

namespace etl::graph {

/// What a removal found; `removed` is false after a dry run, a no, or when there was nothing.
struct Removal {
  std::vector<TableCount> counts;  ///< rows that are (or would be) gone, tables without any left out
  bool removed = false;
};

/// Asked once, with what is to go; false leaves everything as it is.
using Approve = std::function<bool(const std::vector<TableCount>&)>;

/// Removes the nodes of a project and every edge at them, also edges from other projects, in one transaction and
/// under the project's lock. The project's own node and its program's stay, unless `with_project`: then they go too,
/// the program only when no other project belongs to it.
Removal remove_project(Connection& connection, const ProjectId& project, bool with_project, bool dry_run,
                       const Approve& approve);

/// Empties every node table but `node_root`, which the commons makes once, and those of programs and projects, and
/// every edge table between emptied ones, in one transaction and under the lock of the whole graph. `with_projects`
/// empties those of programs and projects too.
Removal truncate_graph(Connection& connection, bool with_projects, bool dry_run, const Approve& approve);

}  // namespace etl::graph
