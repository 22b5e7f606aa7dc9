#include "graph/merge.hpp"

#include <fmt/format.h>

#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "graph/sql_quote.hpp"

namespace etl::graph {
namespace {

using Kind = Staging::Kind;

/// Staged records of a type that are new or differ from the graph's: node_id, fresh, holder (the project of the
/// graph's).
std::string diff_table(std::size_t node) { return fmt::format("pg_temp.aced_etl_diff_{}", node); }

/// Below so many rows a pending list is left as any INSERT leaves it.
constexpr std::int64_t worth_cleaning = 2000;

}  // namespace

std::string pruned_table(std::size_t node) { return fmt::format("pg_temp.aced_etl_pruned_{}", node); }

std::string Merge::project_condition(const std::string& alias) const {
  return fmt::format("{}._props @> {}::jsonb", alias,
                     quote_text("{\"project_id\":" + json_quote(options_.project.str()) + "}"));
}

void Merge::take_out(Kind kind, std::size_t number, const std::string& deletion, const Params& params) {
  staging_.took_out(kind, number, connection_.exec(deletion, params).affected());
}

void Merge::drop_repeated() {
  for (std::size_t n = 0; n < dictionary_.nodes().size(); ++n) {
    if (!staging_.has(Kind::node, n)) continue;
    take_out(Kind::node, n,
             fmt::format(
                 "delete from {0} a using (select node_id, min(ctid) as first from {0} group by 1 having count(*) > 1) "
                 "b where a.node_id = b.node_id and a.ctid <> b.first",
                 Staging::name(Kind::node, n)));
  }
  for (std::size_t e = 0; e < dictionary_.edges().size(); ++e) {
    if (!staging_.has(Kind::edge, e)) continue;
    take_out(
        Kind::edge, e,
        fmt::format("delete from {0} a using (select src_id, dst_id, min(ctid) as first from {0} group by 1, 2 having "
                    "count(*) > 1) b where a.src_id = b.src_id and a.dst_id = b.dst_id and a.ctid <> b.first",
                    Staging::name(Kind::edge, e)));
  }
}

void Merge::compare() {
  for (std::size_t n = 0; n < dictionary_.nodes().size(); ++n) {
    if (!staging_.has(Kind::node, n)) continue;
    // *<> compares bytes: it is faster than jsonb's own comparison, and sees that 1.0 has become 1.00.
    connection_.exec(
        fmt::format("create temporary table {} on commit drop as select s.node_id, t.node_id is null as fresh, "
                    "t._props->>'project_id' as holder "
                    "from {} s left join {} t using (node_id) where t.node_id is null or row(t._props)::record *<> "
                    "row(s.props)::record",
                    local_name(diff_table(n)), Staging::name(Kind::node, n), quote_name(dictionary_.nodes()[n].table)));
  }
}

std::vector<SharedNode> Merge::shared() {
  std::vector<SharedNode> out;
  for (std::size_t n = 0; n < dictionary_.nodes().size(); ++n) {
    if (!staging_.has(Kind::node, n)) continue;
    const Result rows = connection_.exec(fmt::format(
        "select node_id, coalesce(holder, '') from {} where not fresh and holder is distinct from {} order by 1",
        diff_table(n), quote_text(options_.project.str())));
    for (int i = 0; i < rows.rows(); ++i) {
      out.push_back({dictionary_.nodes()[n].label, std::string(rows.text(i, 0)), std::string(rows.text(i, 1))});
    }
  }
  return out;
}

void Merge::drop_shared(const std::vector<SharedNode>& shared) {
  std::map<std::string, std::vector<std::string>> by_label;
  for (const SharedNode& node : shared) by_label[node.label].push_back(node.node_id);
  for (std::size_t n = 0; n < dictionary_.nodes().size(); ++n) {
    const auto found = by_label.find(dictionary_.nodes()[n].label);
    if (found == by_label.end()) continue;
    const std::string ids = text_array(found->second);
    const auto deletion = [](const std::string& table) {
      return fmt::format("delete from {} where node_id = any($1::text[])", table);
    };
    take_out(Kind::node, n, deletion(Staging::name(Kind::node, n)), {ids});
    connection_.exec(deletion(diff_table(n)), {ids});
  }
  for (std::size_t e = 0; e < dictionary_.edges().size(); ++e) {
    const auto found = by_label.find(dictionary_.edges()[e].src_label);
    if (found == by_label.end() || !staging_.has(Kind::edge, e)) continue;
    take_out(Kind::edge, e, fmt::format("delete from {} where src_id = any($1::text[])", Staging::name(Kind::edge, e)),
             {text_array(found->second)});
  }
}

/// The project's records that the study does not have, by type, into temporary tables.
void Merge::find_pruned() {
  for (std::size_t n = 0; n < dictionary_.nodes().size(); ++n) {
    const auto& node = dictionary_.nodes()[n];
    const std::string not_staged = staging_.has(Kind::node, n)
                                       ? fmt::format(" and not exists (select 1 from {} s where s.node_id = t.node_id)",
                                                     Staging::name(Kind::node, n))
                                       : std::string{};
    const Result made = connection_.exec(
        fmt::format("create temporary table {} on commit drop as select t.node_id from {} t where {}{}",
                    local_name(pruned_table(n)), quote_name(node.table), project_condition("t"), not_staged));
    pruned_[n] = made.affected();
  }
}

/// What was counted is what is written; else someone wrote in between, perhaps another project's load the same records.
void Merge::expect(std::int64_t rows, const std::string& sql) {
  if (connection_.exec(sql).affected() == rows) return;
  throw UnavailableError("another session wrote the same records at this moment; nothing was written",
                         connection_.where(), "run again");
}

void Merge::apply_nodes(std::size_t number) {
  const auto& node = dictionary_.nodes()[number];
  const std::string stage = Staging::name(Kind::node, number);
  const std::string table = quote_name(node.table);
  TableChange& change = nodes_[number];
  if (staging_.has(Kind::node, number)) {
    const Result counts = connection_.exec(fmt::format(
        "select count(*) filter (where fresh), count(*) filter (where not fresh) from {}", diff_table(number)));
    change.inserted = counts.integer(0, 0);
    change.updated = counts.integer(0, 1);
    change.unchanged = staging_.rows(Kind::node, number) - change.inserted - change.updated;
    was_there_[number] = change.updated + change.unchanged > 0;
  }
  change.removed = pruned_[number];
  if (options_.dry_run) return;
  if (change.inserted > 0) {
    expect(change.inserted,
           fmt::format(
               "insert into {0} (acl, _sysan, _props, node_id) select '{{}}', '{{}}', s.props, s.node_id from {1} s{2}",
               table, stage,
               was_there_[number] ? fmt::format(" join {} d using (node_id) where d.fresh", diff_table(number))
                                  : std::string{}));
  }
  if (change.updated > 0) {
    expect(change.updated,
           fmt::format(
               "update {} t set _props = s.props from {} s join {} d using (node_id) where not d.fresh and t.node_id = "
               "s.node_id and t._props->>'project_id' = {}",
               table, stage, diff_table(number), quote_text(options_.project.str())));
  }
  if (change.inserted + change.updated >= worth_cleaning) cleaner_.add(node.table);
}

void Merge::apply_edges(std::size_t number) {
  const auto& edge = dictionary_.edges()[number];
  TableChange& change = edges_[number];
  const std::size_t src = dictionary_.number_of(edge.src_label);
  const std::size_t dst = dictionary_.number_of(edge.dst_label);
  const std::string table = quote_name(edge.table);
  const std::string stage = Staging::name(Kind::edge, number);
  const bool staged = staging_.has(Kind::edge, number);
  const std::string same = "e.src_id = s.src_id and e.dst_id = s.dst_id";

  // Edges that go out from a record of the study that was there before: those that it still has, and the others, which
  // go.
  std::string gone;
  if (was_there_[src]) {
    const std::string from_study = fmt::format("e.src_id in (select node_id from {})", Staging::name(Kind::node, src));
    gone = from_study;
    if (staged) gone += fmt::format(" and not exists (select 1 from {} s where {})", stage, same);
    if (staged) {
      // Edges that the study does not have are few, mostly none: only for them the study's records are looked through.
      const Result counts = connection_.exec(fmt::format(
          "with other as materialized (select src_id from {0} e where not exists (select 1 from {1} s where {2})) "
          "select (select count(*) from {0}) - (select count(*) from other), "
          "(select count(*) from other e where {3})",
          table, stage, same, from_study));
      change.unchanged = counts.integer(0, 0);
      change.removed = counts.integer(0, 1);
    } else {
      change.removed = connection_.number(fmt::format("select count(*) from {} e where {}", table, from_study));
    }
  }
  // Edges at either end of a record that is pruned.
  std::string pruned;
  if (pruned_[src] > 0) pruned = fmt::format("e.src_id in (select node_id from {})", pruned_table(src));
  if (pruned_[dst] > 0) {
    pruned += fmt::format("{}e.dst_id in (select node_id from {})", pruned.empty() ? "" : " or ", pruned_table(dst));
  }
  if (!pruned.empty()) {
    gone += fmt::format("{}{}", gone.empty() ? "" : " or ", pruned);
    change.removed = connection_.number(fmt::format("select count(*) from {} e where {}", table, gone));
  }
  if (staged) {
    change.inserted = staging_.rows(Kind::edge, number) - change.unchanged;
  }
  if (options_.dry_run) return;
  if (change.removed > 0) connection_.exec(fmt::format("delete from {} e where {}", table, gone));
  if (change.inserted > 0) {
    expect(
        change.inserted,
        fmt::format("insert into {0} (acl, _sysan, _props, src_id, dst_id) select '{{}}', '{{}}', '{{}}', s.src_id, "
                    "s.dst_id from {1} s{2}",
                    table, stage,
                    change.unchanged > 0 ? fmt::format(" where not exists (select 1 from {} e where {})", table, same)
                                         : std::string{}));
  }
}

std::vector<TableChange> Merge::apply() {
  nodes_.assign(dictionary_.nodes().size(), {});
  edges_.assign(dictionary_.edges().size(), {});
  was_there_.assign(nodes_.size(), false);
  pruned_.assign(nodes_.size(), 0);
  if (options_.prune) find_pruned();
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    nodes_[n].table = dictionary_.nodes()[n].table;
    if (staging_.has(Kind::node, n) || pruned_[n] > 0) apply_nodes(n);
  }
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    edges_[e].table = dictionary_.edges()[e].table;
    edges_[e].edge = true;
    apply_edges(e);
  }
  // Last, when no edge of theirs is left for the foreign keys to look for one by one.
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (pruned_[n] == 0 || options_.dry_run) continue;
    connection_.exec(fmt::format("delete from {} where node_id in (select node_id from {})",
                                 quote_name(dictionary_.nodes()[n].table), pruned_table(n)));
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
