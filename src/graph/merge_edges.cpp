#include <fmt/format.h>

#include "graph/merge.hpp"
#include "graph/sql_quote.hpp"

namespace etl::graph {
namespace {

using Kind = Staging::Kind;

/// A larger table is counted by a statement of its own: hash tables that stay in the processor's caches are worth more.
constexpr std::int64_t many_edges = 4000;
/// Two ids of 36 letters and what PostgreSQL keeps with a row.
constexpr std::int64_t bytes_of_an_edge = 150;

constexpr std::string_view same = "e.src_id = s.src_id and e.dst_id = s.dst_id";

/// Of the edges e: those whose end in this column is a record that is pruned.
std::string pruned_end(std::string_view column, std::size_t node) {
  return fmt::format("e.{} in (select node_id from {} where number = {})", column, pruned_table, node);
}

}  // namespace

std::size_t Merge::source_of(std::size_t number) const {
  return dictionary_.number_of(dictionary_.edges()[number].src_label);
}
std::size_t Merge::target_of(std::size_t number) const {
  return dictionary_.number_of(dictionary_.edges()[number].dst_label);
}

/// Of the edges e: those that go out from a record of the study.
std::string Merge::from_study(std::size_t number) const {
  return fmt::format("e.src_id in (select node_id from {} n)", staging_.source(Kind::node, source_of(number)));
}

/// Where most edges are other projects', the index on src_id finds the study's. Elsewhere no index helps, and a plan
/// that looks the staged rows through again and again, where the planner takes a table for nearly empty, would not end.
void Merge::plan_loops(bool allowed) {
  connection_.exec(fmt::format("set local enable_nestloop = {}", allowed ? "on" : "off"));
}

void Merge::count_alone(std::size_t number) {
  const std::string table = quote_name(dictionary_.edges()[number].table);
  TableChange& change = edges_[number];
  if (!staging_.has(Kind::edge, number)) {
    change.removed = connection_.number(fmt::format("select count(*) from {} e where {}", table, from_study(number)));
    return;
  }
  const Result counts = connection_.exec(
      fmt::format("select count(s.number), count(*) - count(s.number) from {} e left join {} s on {} where {}", table,
                  staging_.source(Kind::edge, number), same, from_study(number)));
  change.unchanged = counts.integer(0, 0);
  change.removed = counts.integer(0, 1);
}

/// Small tables are read at once: a statement a table takes longer to plan than to do.
void Merge::count_together(const std::vector<std::size_t>& numbers) {
  if (numbers.empty()) return;
  std::vector<std::size_t> sources;
  sources.reserve(numbers.size());
  for (const std::size_t number : numbers) sources.push_back(source_of(number));
  plan_loops(false);
  const Result counts = connection_.exec(
      fmt::format("select e.number, count(s.number), count(*) - count(s.number) from {} e left join {} s using "
                  "(number, src_id, dst_id) "
                  "where exists (select 1 from {} n where n.number = e.src and n.node_id = e.src_id) group by e.number",
                  held(numbers), staging_.keys(Kind::edge, numbers), staging_.keys(Kind::node, sources)));
  for (int i = 0; i < counts.rows(); ++i) {
    TableChange& change = edges_[static_cast<std::size_t>(counts.integer(i, 0))];
    change.unchanged = counts.integer(i, 1);
    change.removed = counts.integer(i, 2);
  }
}

/// The edges of these tables, for a FROM: number of the edge table, number of their source's node table, src_id,
/// dst_id.
std::string Merge::held(const std::vector<std::size_t>& numbers) const {
  std::string out;
  for (const std::size_t number : numbers) {
    out += fmt::format("{}select {}{}, {}{}, src_id, dst_id from {}", out.empty() ? "" : " union all ", number,
                       out.empty() ? " as number" : "", source_of(number), out.empty() ? " as src" : "",
                       quote_name(dictionary_.edges()[number].table));
  }
  return "(" + out + ")";
}

/// Per edge table: about how many edges it holds, by its size.
std::vector<std::int64_t> Merge::edges_held() {
  std::vector<std::string> names;
  for (const auto& edge : dictionary_.edges()) names.push_back(edge.table);
  const Result sizes = connection_.exec(
      "select t.number - 1, pg_relation_size(c.oid) from unnest($1::text[]) with ordinality t (name, number) "
      "join pg_class c on c.relname = t.name and c.relnamespace = current_schema()::regnamespace",
      {text_array(names)});
  std::vector<std::int64_t> out(names.size());
  for (int i = 0; i < sizes.rows(); ++i) {
    out[static_cast<std::size_t>(sizes.integer(i, 0))] = sizes.integer(i, 1) / bytes_of_an_edge;
  }
  return out;
}

/// Edges at either end of a record that is pruned; but those that go out from the study's records are counted as such:
/// none of them is staged, for Dangling looked.
void Merge::count_pruned(std::size_t number) {
  const std::string table = quote_name(dictionary_.edges()[number].table);
  const std::size_t src = source_of(number);
  std::string sql = fmt::format(
      "select count(*) from (select src_id, dst_id from {0} e where {1} union select src_id, dst_id from {0} e where "
      "{2}) e",
      table, pruned_end("src_id", src), pruned_end("dst_id", target_of(number)));
  if (staging_.has(Kind::node, src)) {
    sql += fmt::format(" where not exists (select 1 from {} n where n.node_id = e.src_id)",
                       staging_.source(Kind::node, src));
  }
  pruned_edges_[number] = connection_.number(sql);
}

void Merge::count_edges() {
  const std::vector<std::int64_t> about = edges_held();
  std::vector<std::size_t> together;
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    // Only from a record that was there before can there be edges.
    const std::size_t src = source_of(e);
    if (!was_there(src)) continue;
    const std::int64_t of_study = staging_.rows(Kind::node, src) + staging_.rows(Kind::edge, e);
    if (about[e] > many_edges) {
      plan_loops(about[e] / 4 > of_study);
      count_alone(e);
    } else {
      together.push_back(e);
    }
  }
  count_together(together);
  plan_loops(true);
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    TableChange& change = edges_[e];
    change.table = dictionary_.edges()[e].table;
    change.edge = true;
    change.inserted = staging_.rows(Kind::edge, e) - change.unchanged;
    if (pruned_[source_of(e)] + pruned_[target_of(e)] > 0) count_pruned(e);
    change.removed += pruned_edges_[e];
  }
}

void Merge::apply_edges(std::size_t number) {
  const TableChange& change = edges_[number];
  const std::string table = quote_name(change.table);
  if (const std::int64_t of_study = change.removed - pruned_edges_[number]; of_study > 0) {
    const std::string staged =
        staging_.has(Kind::edge, number)
            ? fmt::format(" and not exists (select 1 from {} s where {})", staging_.source(Kind::edge, number), same)
            : std::string{};
    expect(of_study, execute(fmt::format("delete from {} e where {}{}", table, from_study(number), staged)));
  }
  if (pruned_edges_[number] > 0) {
    // One end after the other, each by its index.
    std::int64_t gone = 0;
    for (const std::string& end : {pruned_end("src_id", source_of(number)), pruned_end("dst_id", target_of(number))}) {
      gone += execute(fmt::format("delete from {} e where {}", table, end));
    }
    expect(pruned_edges_[number], gone);
  }
  if (change.inserted == 0) return;
  const std::string fresh = change.unchanged > 0
                                ? fmt::format(" where not exists (select 1 from {} e where {})", table, same)
                                : std::string{};
  expect(change.inserted,
         execute(fmt::format("insert into {} (acl, _sysan, _props, src_id, dst_id) select '{{}}', '{{}}', '{{}}', "
                             "s.src_id, s.dst_id from {} s{}",
                             table, staging_.source(Kind::edge, number), fresh)));
}

}  // namespace etl::graph
