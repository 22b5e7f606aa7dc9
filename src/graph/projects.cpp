#include "graph/projects.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/uuid.hpp"
#include "graph/schema/graph_schema.hpp"

namespace etl::graph {
namespace {

constexpr std::string_view program_namespace = "85b08c6a-56a6-4474-9c30-b65abfd214a8";
constexpr std::string_view project_namespace = "249b4405-2c69-45d9-96bc-7410333d5d80";
constexpr auto in_graph_hint = "remove or rename one of them in the commons";

/// A node to find by the property that names it, or to make.
struct Wanted {
  std::string table;
  std::string key;   ///< property: name or code
  std::string name;  ///< its value
  std::string node_id;
  nlohmann::ordered_json props;
};

std::optional<std::string> find(Connection& connection, const Wanted& wanted) {
  return connection.value(
      fmt::format("select node_id from {} where _props->>'{}' = $1 order by created limit 1", wanted.table, wanted.key),
      {wanted.name});
}

std::string find_or_make(Connection& connection, const Wanted& wanted, bool dry_run, bool& created) {
  if (auto found = find(connection, wanted)) return *found;
  if (!dry_run) {
    // Another session may make it at this moment: its row counts, ours is not written.
    const auto made = connection.exec(
        fmt::format("insert into {} (node_id, acl, _sysan, _props) values ($1, '{{}}', '{{}}', $2::jsonb) "
                    "on conflict do nothing",
                    wanted.table),
        {wanted.node_id, wanted.props.dump()});
    if (made.affected() == 0) {
      if (auto found = find(connection, wanted)) return *found;
      const auto holder = connection.value(
          fmt::format("select _props->>'{}' from {} where node_id = $1", wanted.key, wanted.table), {wanted.node_id});
      throw RefusedError(fmt::format("the node {} of {} '{}' is held by '{}'", wanted.node_id, wanted.table,
                                     wanted.name, holder.value_or("")),
                         connection.where(), in_graph_hint);
    }
  }
  created = true;
  return wanted.node_id;
}

}  // namespace

std::string program_node_id(const std::string& program) { return uuid5(program_namespace, program); }
std::string project_node_id(const std::string& code) { return uuid5(project_namespace, code); }

ProjectIds ensure_project(Connection& connection, const ProjectId& project, bool dry_run) {
  use_graph_schema(connection);
  ProjectIds ids;
  Wanted program{"node_program", "name", project.program, program_node_id(project.program), {}};
  program.props = {{"name", project.program}, {"type", "program"}, {"dbgap_accession_number", project.program}};
  Wanted study{"node_project", "code", project.code, project_node_id(project.code), {}};
  study.props = {
      {"code", project.code}, {"type", "project"}, {"state", "open"}, {"dbgap_accession_number", project.code}};

  // The project first: if it is another program's, not even the program is made.
  if (const auto existing = find(connection, study)) {
    const auto programs = connection.exec(
        "select p.node_id, p._props->>'name' from edge_projectmemberofprogram e join node_program p on p.node_id = "
        "e.dst_id "
        "where e.src_id = $1 order by p._props->>'name' = $2 desc, 2",
        {*existing, project.program});
    if (programs.rows() > 0 && programs.text(0, 1) != project.program) {
      throw RefusedError(fmt::format("the code {} belongs to program {}: a code can be in one program only",
                                     project.code, programs.text(0, 1)),
                         connection.where(), "set project: " + std::string(programs.text(0, 1)) + "-" + project.code);
    }
    ids.project_node = *existing;
    if (programs.rows() > 0) {
      ids.program_node = programs.text(0, 0);
      return ids;
    }
  }
  ids.program_node = find_or_make(connection, program, dry_run, ids.program_created);
  ids.project_node = find_or_make(connection, study, dry_run, ids.project_created);
  ids.edge_created = true;
  if (!dry_run) {
    ids.edge_created = connection
                           .exec(
                               "insert into edge_projectmemberofprogram (src_id, dst_id, acl, _sysan, _props) "
                               "values ($1, $2, '{}', '{}', '{}') on conflict do nothing",
                               {ids.project_node, ids.program_node})
                           .affected() > 0;
  }
  return ids;
}

std::vector<ProjectRow> list_projects(Connection& connection) {
  const GraphRead read(connection);
  const auto rows = connection.exec(
      "select p._props->>'name', q._props->>'code', p.node_id, q.node_id, coalesce(q._props->>'state', '') "
      "from node_project q join edge_projectmemberofprogram e on e.src_id = q.node_id "
      "join node_program p on p.node_id = e.dst_id order by 1, 2");
  std::vector<ProjectRow> projects;
  projects.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) {
    projects.push_back({{std::string(rows.text(i, 0)), std::string(rows.text(i, 1))},
                        std::string(rows.text(i, 2)),
                        std::string(rows.text(i, 3)),
                        std::string(rows.text(i, 4))});
  }
  return projects;
}

}  // namespace etl::graph
