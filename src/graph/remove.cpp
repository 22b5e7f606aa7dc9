#include "graph/remove.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "graph/connection/sql_lock.hpp"

namespace etl::graph {
namespace {

void drop_zeros(std::vector<TableCount>& counts) {
  std::erase_if(counts, [](const TableCount& count) { return count.rows == 0; });
}

/// The node_ids of the project itself and, if it is the program's last, of its program.
std::vector<std::string> own_nodes(Connection& connection, const ProjectId& project) {
  const auto rows = connection.exec(
      "select q.node_id, p.node_id, not exists (select from edge_projectmemberofprogram o where o.dst_id = p.node_id "
      "and o.src_id <> q.node_id) from node_project q join edge_projectmemberofprogram e on e.src_id = q.node_id "
      "join node_program p on p.node_id = e.dst_id where q._props->>'code' = $1 and p._props->>'name' = $2",
      {project.code, project.program});
  std::vector<std::string> ids;
  if (rows.rows() == 0) return ids;
  ids.emplace_back(rows.text(0, 0));
  if (rows.boolean(0, 2)) ids.emplace_back(rows.text(0, 1));
  return ids;
}

std::vector<TableCount> delete_rows(Connection& connection, const GraphTables& tables, const Selection& selection) {
  const auto parameters = selection.parameters();
  std::vector<TableCount> nodes;
  std::vector<TableCount> edges;
  // Edges first and in bulk: the cascade would look each of them up node by node.
  for (const auto& edge : tables.edges) {
    edges.push_back({edge.name, true, 0, edge.src, edge.dst});
    for (const auto& [end, at] : {std::pair{"src_id", edge.src}, std::pair{"dst_id", edge.dst}}) {
      const auto sql = fmt::format("delete from {} e using {} n where n.node_id = e.{} and {}", quote_name(edge.name),
                                   quote_name(at), end, selection.condition("n"));
      edges.back().rows += connection.exec(sql, parameters).affected();
    }
  }
  for (const auto& node : tables.nodes) {
    const auto sql = fmt::format("delete from {} n where {}", quote_name(node), selection.condition("n"));
    nodes.push_back({.table = node, .edge = false, .rows = connection.exec(sql, parameters).affected()});
  }
  nodes.insert(nodes.end(), edges.begin(), edges.end());
  drop_zeros(nodes);
  return nodes;
}

}  // namespace

Removal remove_project(Connection& connection, const ProjectId& project, bool with_project, bool dry_run,
                       const Approve& approve) {
  Transaction transaction(connection);
  const auto tables = GraphTables::read(connection);
  if (!dry_run) lock_project(connection, project);

  Selection selection{project, {}};
  if (with_project) selection.node_ids = own_nodes(connection, project);
  Removal removal{count_rows(connection, tables, selection)};
  drop_zeros(removal.counts);
  if (dry_run || removal.counts.empty() || !approve(removal.counts)) return removal;

  removal.counts = delete_rows(connection, tables, selection);
  transaction.commit();
  removal.removed = true;
  return removal;
}

Removal truncate_graph(Connection& connection, bool with_projects, bool dry_run, const Approve& approve) {
  Transaction transaction(connection);
  const auto tables = GraphTables::read(connection);
  if (!dry_run) lock_graph(connection);

  const auto kept = [&](const std::string& node) {
    return node == "node_root" || (!with_projects && (node == "node_program" || node == "node_project"));
  };
  GraphTables emptied;
  for (const auto& node : tables.nodes) {
    if (!kept(node)) emptied.nodes.push_back(node);
  }
  for (const auto& edge : tables.edges) {
    if (!kept(edge.src) || !kept(edge.dst)) emptied.edges.push_back(edge);
  }
  Removal removal{count_rows(connection, emptied)};
  drop_zeros(removal.counts);
  if (dry_run || removal.counts.empty() || !approve(removal.counts)) return removal;

  std::string names;
  for (const auto& node : emptied.nodes) names += (names.empty() ? "" : ", ") + quote_name(node);
  for (const auto& edge : emptied.edges) names += ", " + quote_name(edge.name);
  // TRUNCATE waits for every reader of these tables, and whoever comes next waits behind it: it gives up sooner.
  connection.set_lock_timeout(std::min<std::chrono::milliseconds>(connection.lock_timeout(), std::chrono::seconds(30)));
  connection.exec("truncate " + names);  // no CASCADE: a table that we do not know must not be emptied in silence
  transaction.commit();
  removal.removed = true;
  return removal;
}

}  // namespace etl::graph
