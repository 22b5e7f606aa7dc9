#include "graph/reconcile/comparison.hpp"

#include <fmt/format.h>

#include <map>

#include "graph/connection/sql_quote.hpp"

namespace etl::graph {
namespace {

/// With a smaller table a wrong guess of the planner's does no harm.
constexpr std::int64_t diff_worth_analysing = 100;

/// Of rows that are staged more than once (the same resource twice) one stays.
void drop_repeated(StagedRows& staged) {
  const auto drop = [&](RowKind kind, const char* key, const char* same) {
    for (const std::string& table : staged.tables(kind)) {
      staged.delete_staged(
          kind, fmt::format("delete from {0} a using (select {1}, min(ctid) as first from {0} group by {1} having "
                            "count(*) > 1) b where {2} and a.ctid <> b.first returning a.number",
                            table, key, same));
    }
  };
  drop(RowKind::node, "number, node_id", "a.number = b.number and a.node_id = b.node_id");
  drop(RowKind::edge, "number, src_id, dst_id", "a.number = b.number and a.src_id = b.src_id and a.dst_id = b.dst_id");
}

}  // namespace

Comparison::Comparison(Connection& connection, const dictionary::Dictionary& dictionary, StagedRows& staged,
                       bool repeated)
    : connection_(&connection), dictionary_(&dictionary) {
  if (repeated) drop_repeated(staged);
  connection_->exec(
      fmt::format("create temporary table {} (number int, node_id text, fresh boolean, holder text) on commit drop",
                  local_name(diff_table)));
  std::int64_t rows = 0;
  for (std::size_t n = 0; n < dictionary_->nodes().size(); ++n) {
    if (!staged.has(RowKind::node, n)) continue;
    // *<> compares bytes: it is faster than jsonb's own comparison, and sees that 1.0 has become 1.00.
    const Result found = connection_->exec(
        fmt::format("insert into {} select {}, s.node_id, t.node_id is null, t._props->>'project_id' "
                    "from {} s left join {} t using (node_id) where t.node_id is null or row(t._props)::record *<> "
                    "row(s.props)::record",
                    diff_table, n, staged.source(RowKind::node, n), quote_name(dictionary_->nodes()[n].table)));
    rows += found.affected();
  }
  if (rows >= diff_worth_analysing) connection_->exec(fmt::format("analyze {} (number, node_id, fresh)", diff_table));
}

std::vector<SharedNode> Comparison::shared(const ProjectId& project) const {
  const Result rows = connection_->exec(
      fmt::format("select number, node_id, coalesce(holder, '') from {} where not fresh and holder is "
                  "distinct from {} order by 1, 2",
                  diff_table, quote_text(project.str())));
  std::vector<SharedNode> out;
  for (int i = 0; i < rows.rows(); ++i) {
    const auto& node = dictionary_->nodes()[static_cast<std::size_t>(rows.integer(i, 0))];
    out.push_back({node.label, std::string(rows.text(i, 1)), std::string(rows.text(i, 2))});
  }
  return out;
}

void Comparison::drop(const std::vector<SharedNode>& shared, StagedRows& staged) {
  std::map<std::string, std::vector<std::string>> by_label;
  for (const SharedNode& node : shared) by_label[node.label].push_back(node.node_id);
  constexpr const char* returning = " returning number";
  const auto deletion = [](std::string_view table, std::size_t number, const char* column) {
    return fmt::format("delete from {} where number = {} and {} = any($1::text[])", table, number, column);
  };
  for (std::size_t n = 0; n < dictionary_->nodes().size(); ++n) {
    const auto found = by_label.find(dictionary_->nodes()[n].label);
    if (found == by_label.end()) continue;
    const std::string ids = text_array(found->second);
    staged.delete_staged(RowKind::node, deletion(staged.table(RowKind::node, n), n, "node_id") + returning, {ids});
    connection_->exec(deletion(diff_table, n, "node_id"), {ids});
  }
  for (std::size_t e = 0; e < dictionary_->edges().size(); ++e) {
    const auto found = by_label.find(dictionary_->edges()[e].src_label);
    if (found == by_label.end() || !staged.has(RowKind::edge, e)) continue;
    staged.delete_staged(RowKind::edge, deletion(staged.table(RowKind::edge, e), e, "src_id") + returning,
                         {text_array(found->second)});
  }
}

}  // namespace etl::graph
