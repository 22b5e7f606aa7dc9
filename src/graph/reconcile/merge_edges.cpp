#include <fmt/format.h>

#include "graph/connection/sql_quote.hpp"
#include "graph/reconcile/merge.hpp"

namespace etl::graph {

/// Of the edges e: those that lead to a record that is pruned.
std::string Merge::leads_to_pruned(std::size_t number) const {
  const std::size_t dst = dictionary_.number_of(dictionary_.edges()[number].dst_label);
  return fmt::format("e.dst_id in (select node_id from {} p)", staged_.source(RowKind::pruned, dst));
}

void Merge::count_edges() {
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    const auto& edge = dictionary_.edges()[e];
    TableChange& change = edges_[e];
    change.table = edge.table;
    change.edge = true;
    change.src = edge.src_table;
    change.dst = edge.dst_table;
    change.unchanged = reconciliation_.equal_edges[e];
    change.inserted = staged_.rows(RowKind::edge, e);
    change.removed = reconciliation_.gone_edges[e];
    if (!staged_.has(RowKind::pruned, dictionary_.number_of(edge.dst_label))) continue;
    // Other projects' records may lead there, too.
    change.removed += connection_.number(fmt::format("select count(*) from {} e where {}", quote_name(change.table),
                                                     leads_to_pruned(e))) -
                      reconciliation_.to_pruned[e];
  }
}

void Merge::remove_edges(std::size_t number) {
  const TableChange& change = edges_[number];
  const std::string table = quote_name(change.table);
  if (reconciliation_.gone_edges[number] > 0) {
    require_row_count(
        reconciliation_.gone_edges[number],
        execute(fmt::format("delete from {} e using {} g where e.src_id = g.src_id and e.dst_id = g.dst_id", table,
                            staged_.source(RowKind::gone, number))));
  }
  if (const std::int64_t of_others = change.removed - reconciliation_.gone_edges[number]; of_others > 0) {
    require_row_count(of_others, execute(fmt::format("delete from {} e where {}", table, leads_to_pruned(number))));
  }
}

void Merge::insert_edges(std::size_t number) {
  const TableChange& change = edges_[number];
  if (change.inserted == 0) return;
  // None of them is there: what the graph held of the project was not staged.
  require_row_count(
      change.inserted,
      execute(fmt::format("insert into {} (acl, _sysan, _props, src_id, dst_id) select '{{}}', '{{}}', '{{}}', "
                          "s.src_id, s.dst_id from {} s order by s.src_id collate \"C\", s.dst_id collate \"C\"",
                          quote_name(change.table), staged_.source(RowKind::edge, number))));
}

}  // namespace etl::graph
