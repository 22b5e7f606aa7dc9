#include "graph/reconcile/merge.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "graph/connection/sql_quote.hpp"

namespace etl::graph {
namespace {

/// Below so many rows a pending list is left as any INSERT leaves it.
constexpr std::int64_t worth_cleaning = 2000;

}  // namespace

std::int64_t Merge::execute(const std::string& sql) { return connection_.exec(sql).affected(); }

/// What was counted is what is written; else someone wrote in between, perhaps another project's load the same records.
void Merge::require_row_count(std::int64_t counted, std::int64_t written) const {
  if (written == counted) return;
  throw UnavailableError("another session wrote the same records or edges at the same time; nothing was written",
                         connection_.where(), "run again");
}

void Merge::count_nodes() {
  const Result counts = connection_.exec(
      fmt::format("select number, count(*) filter (where fresh), count(*) filter (where not fresh) from {} group by 1",
                  diff_table));
  for (int i = 0; i < counts.rows(); ++i) {
    TableChange& change = nodes_[static_cast<std::size_t>(counts.integer(i, 0))];
    change.inserted = counts.integer(i, 1);
    change.updated = counts.integer(i, 2);
  }
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    TableChange& change = nodes_[n];
    change.table = dictionary_.nodes()[n].table;
    change.unchanged =
        reconciliation_.equal_nodes[n] + staged_.rows(RowKind::node, n) - change.inserted - change.updated;
    change.removed = reconciliation_.pruned_nodes[n];
  }
}

void Merge::apply_nodes(std::size_t number) {
  const std::string table = quote_name(dictionary_.nodes()[number].table);
  const TableChange& change = nodes_[number];
  const std::string differs = fmt::format("join {} d using (number, node_id)", diff_table);
  if (change.updated > 0) unique_keys_.make_way(number, request_.project.str());
  if (change.inserted > 0) {
    // Where all are new there is no need to look.
    const bool all = change.inserted == staged_.rows(RowKind::node, number);
    const std::string fresh = all ? std::string{} : differs + " where d.fresh";
    require_row_count(
        change.inserted,
        execute(fmt::format("insert into {} (acl, _sysan, _props, node_id) select '{{}}', '{{}}', s.props, "
                            "s.node_id from {} s {}",
                            table, staged_.source(RowKind::node, number), fresh)));
  }
  if (change.updated > 0) {
    require_row_count(change.updated,
                      execute(fmt::format(
                          "update {} t set _props = s.props from {} s {} where not d.fresh and t.node_id = "
                          "s.node_id and t._props->>'project_id' = {}",
                          table, staged_.source(RowKind::node, number), differs, quote_text(request_.project.str()))));
  }
  if (change.inserted + change.updated >= worth_cleaning) cleaner_.add(dictionary_.nodes()[number].table);
}

void Merge::remove_pruned(std::size_t number) {
  if (nodes_[number].removed == 0) return;
  require_row_count(
      nodes_[number].removed,
      execute(fmt::format("delete from {} t using {} p where t.node_id = p.node_id",
                          quote_name(dictionary_.nodes()[number].table), staged_.source(RowKind::pruned, number))));
}

std::vector<TableChange> Merge::apply() {
  nodes_.assign(dictionary_.nodes().size(), {});
  edges_.assign(dictionary_.edges().size(), {});
  count_nodes();
  count_edges();
  if (!request_.dry_run) {
    if (hooks_.on_phase) {
      std::int64_t rows = 0;
      for (const auto* changes : {&nodes_, &edges_}) {
        for (const TableChange& change : *changes) rows += change.inserted + change.updated;
      }
      hooks_.on_phase("writing", static_cast<std::uint64_t>(rows));
    }
    // Removals first, so that new records can take the unique values of removed ones; and edges before nodes, so that
    // the foreign keys find none to look for one by one.
    for (std::size_t e = 0; e < edges_.size(); ++e) remove_edges(e);
    for (std::size_t n = 0; n < nodes_.size(); ++n) remove_pruned(n);
    const auto written = [&](const TableChange& change) {
      if (hooks_.on_rows) hooks_.on_rows(static_cast<std::uint64_t>(change.inserted + change.updated));
    };
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      apply_nodes(n);
      written(nodes_[n]);
    }
    for (std::size_t e = 0; e < edges_.size(); ++e) {
      insert_edges(e);
      written(edges_[e]);
    }
  }
  std::vector<TableChange> out;
  for (const auto* changes : {&nodes_, &edges_}) {
    for (const TableChange& change : *changes) {
      if (change.inserted + change.updated + change.unchanged + change.removed > 0) out.push_back(change);
    }
  }
  return out;
}

}  // namespace etl::graph
