#pragma once

#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "graph/connection/connection.hpp"

namespace etl::graph {

/// Where a project stands in the graph, and what was not there before.
struct ProjectIds {
  std::string program_node;  ///< node_id; what it will be, when only a dry run looked
  std::string project_node;
  bool program_created = false;
  bool project_created = false;
  bool edge_created = false;  ///< project -member_of-> program

  [[nodiscard]] bool any_created() const { return program_created || project_created || edge_created; }
};

/// The ids that new nodes get: uuid5 of the name or the code, in a namespace that Gen3's submission service fixed.
[[nodiscard]] std::string program_node_id(const std::string& program);
[[nodiscard]] std::string project_node_id(const std::string& code);

/// Sees to it that the project, its program and the edge between them exist; the caller's transaction, which
/// must be open, holds what is written. What exists under another node_id is used as it is, with its properties. Throws
/// RefusedError when the code belongs to another program: Gen3 tells projects apart by code alone.
ProjectIds ensure_project(Connection& connection, const ProjectId& project, bool dry_run);

/// A project that the graph holds.
struct ProjectRow {
  ProjectId id;
  std::string program_node;
  std::string project_node;
  std::string state;
};

/// All projects that belong to a program, by program and code.
[[nodiscard]] std::vector<ProjectRow> list_projects(Connection& connection);

}  // namespace etl::graph
