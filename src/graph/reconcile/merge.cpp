#include "graph/reconcile/merge.hpp"

#include <fmt/format.h>

#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "graph/connection/sql_quote.hpp"

namespace etl::graph {
namespace {

using Kind = Staging::Kind;

/// Below so many rows a pending list is left as any INSERT leaves it.
constexpr std::int64_t worth_cleaning = 2000;
/// With a smaller table a wrong guess of the planner's does no harm.
constexpr std::int64_t diff_worth_analysing = 100;

}  // namespace

void Merge::drop_repeated() {
  const auto drop = [&](Kind kind, const char* key, const char* same) {
    for (const std::string& table : staging_.tables(kind)) {
      staging_.delete_staged(
          kind, fmt::format("delete from {0} a using (select {1}, min(ctid) as first from {0} group by {1} having "
                            "count(*) > 1) b where {2} and a.ctid <> b.first returning a.number",
                            table, key, same));
    }
  };
  drop(Kind::node, "number, node_id", "a.number = b.number and a.node_id = b.node_id");
  drop(Kind::edge, "number, src_id, dst_id", "a.number = b.number and a.src_id = b.src_id and a.dst_id = b.dst_id");
}

void Merge::compare() {
  connection_.exec(
      fmt::format("create temporary table {} (number int, node_id text, fresh boolean, holder text) on commit drop",
                  local_name(diff_table)));
  std::int64_t rows = 0;
  for (std::size_t n = 0; n < dictionary_.nodes().size(); ++n) {
    if (!staging_.has(Kind::node, n)) continue;
    // *<> compares bytes: it is faster than jsonb's own comparison, and sees that 1.0 has become 1.00.
    const Result found = connection_.exec(
        fmt::format("insert into {} select {}, s.node_id, t.node_id is null, t._props->>'project_id' "
                    "from {} s left join {} t using (node_id) where t.node_id is null or row(t._props)::record *<> "
                    "row(s.props)::record",
                    diff_table, n, staging_.source(Kind::node, n), quote_name(dictionary_.nodes()[n].table)));
    rows += found.affected();
  }
  if (rows >= diff_worth_analysing) connection_.exec(fmt::format("analyze {} (number, node_id, fresh)", diff_table));
}

std::vector<SharedNode> Merge::shared() {
  const Result rows =
      connection_.exec(fmt::format("select number, node_id, coalesce(holder, '') from {} where not fresh and holder is "
                                   "distinct from {} order by 1, 2",
                                   diff_table, quote_text(options_.project.str())));
  std::vector<SharedNode> out;
  for (int i = 0; i < rows.rows(); ++i) {
    const auto& node = dictionary_.nodes()[static_cast<std::size_t>(rows.integer(i, 0))];
    out.push_back({node.label, std::string(rows.text(i, 1)), std::string(rows.text(i, 2))});
  }
  return out;
}

void Merge::drop_shared(const std::vector<SharedNode>& shared) {
  std::map<std::string, std::vector<std::string>> by_label;
  for (const SharedNode& node : shared) by_label[node.label].push_back(node.node_id);
  constexpr const char* returning = " returning number";
  const auto deletion = [](std::string_view table, std::size_t number, const char* column) {
    return fmt::format("delete from {} where number = {} and {} = any($1::text[])", table, number, column);
  };
  for (std::size_t n = 0; n < dictionary_.nodes().size(); ++n) {
    const auto found = by_label.find(dictionary_.nodes()[n].label);
    if (found == by_label.end()) continue;
    const std::string ids = text_array(found->second);
    staging_.delete_staged(Kind::node, deletion(staging_.table(Kind::node, n), n, "node_id") + returning, {ids});
    connection_.exec(deletion(diff_table, n, "node_id"), {ids});
  }
  for (std::size_t e = 0; e < dictionary_.edges().size(); ++e) {
    const auto found = by_label.find(dictionary_.edges()[e].src_label);
    if (found == by_label.end() || !staging_.has(Kind::edge, e)) continue;
    staging_.delete_staged(Kind::edge, deletion(staging_.table(Kind::edge, e), e, "src_id") + returning,
                           {text_array(found->second)});
  }
}

std::int64_t Merge::execute(const std::string& sql) { return connection_.exec(sql).affected(); }

/// What was counted is what is written; else someone wrote in between, perhaps another project's load the same records.
void Merge::require_row_count(std::int64_t counted, std::int64_t written) const {
  if (written == counted) return;
  throw UnavailableError("another session wrote the same records or edges at this moment; nothing was written",
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
    change.unchanged = reconciliation_.equal_nodes[n] + staging_.rows(Kind::node, n) - change.inserted - change.updated;
    change.removed = reconciliation_.pruned_nodes[n];
  }
}

void Merge::apply_nodes(std::size_t number) {
  const std::string table = quote_name(dictionary_.nodes()[number].table);
  const TableChange& change = nodes_[number];
  const std::string differs = fmt::format("join {} d using (number, node_id)", diff_table);
  if (change.updated > 0) unique_keys_.make_way(number, options_.project.str());
  if (change.inserted > 0) {
    // Where all are new there is no need to look.
    const bool all = change.inserted == staging_.rows(Kind::node, number);
    const std::string fresh = all ? std::string{} : differs + " where d.fresh";
    require_row_count(
        change.inserted,
        execute(fmt::format("insert into {} (acl, _sysan, _props, node_id) select '{{}}', '{{}}', s.props, "
                            "s.node_id from {} s {}",
                            table, staging_.source(Kind::node, number), fresh)));
  }
  if (change.updated > 0) {
    require_row_count(
        change.updated,
        execute(fmt::format("update {} t set _props = s.props from {} s {} where not d.fresh and t.node_id = "
                            "s.node_id and t._props->>'project_id' = {}",
                            table, staging_.source(Kind::node, number), differs, quote_text(options_.project.str()))));
  }
  if (change.inserted + change.updated >= worth_cleaning) cleaner_.add(dictionary_.nodes()[number].table);
}

void Merge::remove_pruned(std::size_t number) {
  if (nodes_[number].removed == 0) return;
  require_row_count(
      nodes_[number].removed,
      execute(fmt::format("delete from {} t using {} p where t.node_id = p.node_id",
                          quote_name(dictionary_.nodes()[number].table), staging_.source(Kind::pruned, number))));
}

std::vector<TableChange> Merge::apply() {
  nodes_.assign(dictionary_.nodes().size(), {});
  edges_.assign(dictionary_.edges().size(), {});
  count_nodes();
  count_edges();
  if (!options_.dry_run) {
    if (options_.on_phase) {
      std::int64_t rows = 0;
      for (const auto* changes : {&nodes_, &edges_}) {
        for (const TableChange& change : *changes) rows += change.inserted + change.updated;
      }
      options_.on_phase("writing", static_cast<std::uint64_t>(rows));
    }
    // Removals first, so that new records can take the unique values of removed ones; and edges before nodes, so that
    // the foreign keys find none to look for one by one.
    for (std::size_t e = 0; e < edges_.size(); ++e) remove_edges(e);
    for (std::size_t n = 0; n < nodes_.size(); ++n) remove_pruned(n);
    const auto written = [&](const TableChange& change) {
      if (options_.on_rows) options_.on_rows(static_cast<std::uint64_t>(change.inserted + change.updated));
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
