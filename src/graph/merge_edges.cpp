#include <fmt/format.h>

#include "graph/merge.hpp"
#include "graph/sql_quote.hpp"

namespace etl::graph {
namespace {

using Kind = Staging::Kind;

/// Edges of many tables are counted by one statement, as far as its hash tables stay in work_mem.
constexpr std::int64_t most_counted_together = 500'000;
/// A table of fewer is read through in no time.
constexpr std::int64_t many_edges = 10'000;
/// Two ids of 36 letters and what PostgreSQL keeps with a row.
constexpr std::int64_t bytes_of_an_edge = 150;

constexpr std::string_view same = "e.src_id = s.src_id and e.dst_id = s.dst_id";

}  // namespace

/// Of the edges e: those that go out from a record of the study.
std::string Merge::from_study(std::size_t number) const {
  const std::size_t src = dictionary_.number_of(dictionary_.edges()[number].src_label);
  return fmt::format("e.src_id in (select node_id from {} n)", staging_.source(Kind::node, src));
}

/// For a table whose edges are mostly other projects': by its index on src_id, when the planner thinks so too.
std::string Merge::count_among_others(std::size_t number) const {
  const std::string table = quote_name(dictionary_.edges()[number].table);
  if (!staging_.has(Kind::edge, number)) {
    return fmt::format("select {}, 0::bigint, count(*) from {} e where {}", number, table, from_study(number));
  }
  return fmt::format("select {}, count(s.number), count(*) - count(s.number) from {} e left join {} s on {} where {}",
                     number, table, staging_.source(Kind::edge, number), same, from_study(number));
}

/// All edges of these tables are held against the staged ones at once: a join a table takes longer to plan than to do.
/// Edges that the study does not have are few, mostly none: only for them its records are looked through.
std::string Merge::count_together(const std::vector<std::size_t>& numbers) const {
  std::string held;
  std::vector<std::size_t> sources;
  for (const std::size_t number : numbers) {
    const auto& edge = dictionary_.edges()[number];
    const std::size_t src = dictionary_.number_of(edge.src_label);
    sources.push_back(src);
    held += fmt::format("{}select {}, {}, src_id, dst_id from {}", held.empty() ? "" : " union all ", number, src,
                        quote_name(edge.table));
  }
  return fmt::format(
      "with held (number, src, src_id, dst_id) as ({0}), known as materialized (select e.number, e.src, e.src_id, "
      "s.number is not null as staged from held e left join {1} s using (number, src_id, dst_id)) "
      "select number, count(*), 0::bigint from known where staged group by number union all "
      "select number, 0, count(*) from known k where not staged and exists (select 1 from {2} n where n.number = k.src "
      "and n.node_id = k.src_id) group by number",
      held, staging_.keys(Kind::edge, numbers), staging_.keys(Kind::node, sources));
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

/// Of the edges e: those that go. Empty: none can.
std::string Merge::gone_condition(std::size_t number) const {
  const auto& edge = dictionary_.edges()[number];
  const std::size_t src = dictionary_.number_of(edge.src_label);
  const std::size_t dst = dictionary_.number_of(edge.dst_label);
  std::string gone;
  const auto add = [&gone](const std::string& condition) { gone += (gone.empty() ? "" : " or ") + condition; };
  if (was_there(src)) {
    add(staging_.has(Kind::edge, number) ? fmt::format("{} and not exists (select 1 from {} s where {})",
                                                       from_study(number), staging_.source(Kind::edge, number), same)
                                         : from_study(number));
  }
  // At either end of a record that is pruned.
  const auto pruned_end = [](const char* column, std::size_t node) {
    return fmt::format("e.{} in (select node_id from {} where number = {})", column, pruned_table, node);
  };
  if (pruned_[src] > 0) add(pruned_end("src_id", src));
  if (pruned_[dst] > 0) add(pruned_end("dst_id", dst));
  return gone;
}

void Merge::count_edges() {
  const auto ask = [&](const std::string& sql) {
    const Result counts = connection_.exec(sql);
    for (int i = 0; i < counts.rows(); ++i) {
      TableChange& change = edges_[static_cast<std::size_t>(counts.integer(i, 0))];
      change.unchanged += counts.integer(i, 1);
      change.removed += counts.integer(i, 2);
    }
  };
  const std::vector<std::int64_t> held = edges_held();
  std::vector<std::size_t> together;
  std::int64_t rows = 0;
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    // Only from a record that was there before can there be edges.
    const std::size_t src = dictionary_.number_of(dictionary_.edges()[e].src_label);
    if (!was_there(src)) continue;
    const std::int64_t of_study = staging_.rows(Kind::node, src) + staging_.rows(Kind::edge, e);
    if (held[e] > many_edges && held[e] / 4 > of_study) {
      ask(count_among_others(e));
      continue;
    }
    if (!together.empty() && rows + held[e] > most_counted_together) {
      ask(count_together(together));
      together.clear();
      rows = 0;
    }
    together.push_back(e);
    rows += held[e];
  }
  if (!together.empty()) ask(count_together(together));
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    const auto& edge = dictionary_.edges()[e];
    TableChange& change = edges_[e];
    change.table = edge.table;
    change.edge = true;
    change.inserted = staging_.rows(Kind::edge, e) - change.unchanged;
    if (pruned_[dictionary_.number_of(edge.src_label)] + pruned_[dictionary_.number_of(edge.dst_label)] == 0) continue;
    change.removed = connection_.number(
        fmt::format("select count(*) from {} e where {}", quote_name(edge.table), gone_condition(e)));
  }
}

void Merge::apply_edges(std::size_t number) {
  const TableChange& change = edges_[number];
  const std::string table = quote_name(change.table);
  if (change.removed > 0) {
    expect(change.removed, fmt::format("delete from {} e where {}", table, gone_condition(number)));
  }
  if (change.inserted == 0) return;
  expect(change.inserted,
         fmt::format("insert into {0} (acl, _sysan, _props, src_id, dst_id) select '{{}}', '{{}}', '{{}}', s.src_id, "
                     "s.dst_id from {1} s{2}",
                     table, staging_.source(Kind::edge, number),
                     change.unchanged > 0 ? fmt::format(" where not exists (select 1 from {} e where {})", table, same)
                                          : std::string{}));
}

}  // namespace etl::graph
