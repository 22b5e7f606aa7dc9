#include "graph/counts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "graph/schema/graph_schema.hpp"
#include "graph/staging/project_id_member.hpp"

namespace etl::graph {
namespace {

std::string edges_at(const EdgeTable& edge, const Selection& selection) {
  // UNION makes an edge with both ends in the selection count once, and lets each half use its index.
  const auto half = [&](const char* end, const std::string& nodes) {
    return fmt::format("select e.src_id, e.dst_id from {} e join {} n on n.node_id = e.{} where {}",
                       quote_name(edge.name), quote_name(nodes), end, selection.condition("n"));
  };
  return fmt::format("select count(*) from ({} union {}) u", half("src_id", edge.src), half("dst_id", edge.dst));
}

std::int64_t total(const std::vector<TableCount>& counts, bool edge) {
  std::int64_t sum = 0;
  for (const auto& count : counts) {
    if (count.edge == edge) sum += count.rows;
  }
  return sum;
}

}  // namespace

GraphTables GraphTables::read(Connection& connection) {
  const GraphRead read(connection);
  GraphTables tables;
  auto rows = connection.exec(
      "select c.relname from pg_class c where c.relnamespace = (select oid from pg_namespace where nspname = "
      "current_schema()) "
      "and c.relkind in ('r', 'p') and c.relname like 'node\\_%' and 2 = (select count(*) from pg_attribute a "
      "where a.attrelid = c.oid and a.attname in ('node_id', '_props') and not a.attisdropped) order by 1");
  for (int i = 0; i < rows.rows(); ++i) tables.nodes.emplace_back(rows.text(i, 0));

  rows = connection.exec(
      "select c.relname, max(r.relname) filter (where a.attname = 'src_id'), max(r.relname) filter (where a.attname = "
      "'dst_id') "
      "from pg_class c join pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and array_length(k.conkey, 1) = "
      "1 "
      "join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1] join pg_class r on r.oid = k.confrelid "
      "where c.relnamespace = (select oid from pg_namespace where nspname = current_schema()) "
      "and c.relkind in ('r', 'p') and c.relname like 'edge\\_%' and a.attname in ('src_id', 'dst_id') "
      "group by c.relname having count(distinct a.attname) = 2 order by 1");
  for (int i = 0; i < rows.rows(); ++i) {
    tables.edges.push_back({std::string(rows.text(i, 0)), std::string(rows.text(i, 1)), std::string(rows.text(i, 2))});
  }
  if (tables.nodes.empty()) {
    throw RefusedError("the database has no graph tables" + schemas_out_of_reach(connection), connection.where(),
                       "`aced-etl graph init` creates the tables of the dictionary");
  }
  return tables;
}

std::string Selection::condition(const std::string& alias) const {
  const auto of_project = alias + "._props @> $1::jsonb";
  return node_ids.empty() ? of_project : fmt::format("({} or {}.node_id = any($2::text[]))", of_project, alias);
}

Params Selection::parameters() const {
  Params params{"{" + project_id_member(project.str()) + "}"};
  if (!node_ids.empty()) params.emplace_back(text_array(node_ids));
  return params;
}

std::vector<TableCount> count_rows(Connection& connection, const GraphTables& tables,
                                   const std::optional<Selection>& selection) {
  const GraphRead read(connection);
  // One statement is one snapshot, whatever others write meanwhile.
  std::string sql;
  const auto add = [&](const std::string& table, bool edge, const std::string& count) {
    sql += fmt::format("{}select {}::text, {}, ({})", sql.empty() ? "" : " union all ", quote_text(table), edge, count);
  };
  for (const auto& node : tables.nodes) {
    add(node, false,
        fmt::format("select count(*) from {} n where {}", quote_name(node),
                    selection ? selection->condition("n") : "true"));
  }
  for (const auto& edge : tables.edges) {
    add(edge.name, true,
        selection ? edges_at(edge, *selection) : fmt::format("select count(*) from {}", quote_name(edge.name)));
  }
  const auto rows = connection.exec(sql, selection ? selection->parameters() : Params{});
  std::vector<TableCount> counts;
  counts.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) {
    counts.push_back({std::string(rows.text(i, 0)), rows.boolean(i, 1), rows.integer(i, 2)});
    if (!counts.back().edge) continue;
    const auto& edge = *std::ranges::find(tables.edges, counts.back().table, &EdgeTable::name);
    counts.back().src = edge.src;
    counts.back().dst = edge.dst;
  }
  return counts;
}

std::int64_t total_nodes(const std::vector<TableCount>& counts) { return total(counts, false); }
std::int64_t total_edges(const std::vector<TableCount>& counts) { return total(counts, true); }

}  // namespace etl::graph
