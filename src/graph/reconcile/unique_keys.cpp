#include "graph/reconcile/unique_keys.hpp"

#include <fmt/format.h>

#include "graph/connection/sql_quote.hpp"
#include "graph/reconcile/comparison.hpp"

namespace etl::graph {
namespace {

/// The properties that expressions such as `lower((_props ->> 'url'::text))` read.
std::string property_names(const std::vector<std::string>& expressions) {
  std::string names;
  for (const std::string& expression : expressions) {
    const std::size_t begin = expression.find('\'');
    const std::size_t end = begin == std::string::npos ? begin : expression.find('\'', begin + 1);
    if (!names.empty()) names += ", ";
    names += end == std::string::npos ? expression : expression.substr(begin + 1, end - begin - 1);
  }
  return names;
}

/// `e1 as k1, e2 as k2`
std::string named(const std::vector<std::string>& expressions) {
  std::string out;
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    out += fmt::format("{}{} as k{}", i == 0 ? "" : ", ", expressions[i], i + 1);
  }
  return out;
}

/// `a.k1 = b.k1 and a.k2 = b.k2`: NULL equals nothing, as in the index.
std::string equal(std::size_t count) {
  std::string out;
  for (std::size_t i = 1; i <= count; ++i) out += fmt::format("{}a.k{} = b.k{}", i == 1 ? "" : " and ", i, i);
  return out;
}

/// The values as one text, shortened: they come from data of any size.
std::string shown_values(std::size_t count) {
  std::string out;
  for (std::size_t i = 1; i <= count; ++i) out += fmt::format("{}left(a.k{}::text, 80)", i == 1 ? "" : ", ", i);
  return fmt::format("concat_ws(', ', {})", out);
}

std::string where(const std::string& predicate) { return predicate.empty() ? std::string{} : " where " + predicate; }

}  // namespace

const std::vector<UniqueKeys::Key>& UniqueKeys::of(std::size_t number) {
  if (keys_.empty()) {
    keys_.resize(dictionary_.nodes().size());
    std::vector<std::string> tables;
    for (const auto& node : dictionary_.nodes()) tables.push_back(node.table);
    const Result rows = connection_.exec(
        "select t.number - 1, x.indexrelid, pg_get_indexdef(x.indexrelid, k::int, false), "
        "coalesce(pg_get_expr(x.indpred, x.indrelid), '') from unnest($1::text[]) with ordinality t (name, number) "
        "join pg_class c on c.relname = t.name and c.relnamespace = quote_ident(current_schema())::regnamespace "
        "join pg_index x on x.indrelid = c.oid and x.indisunique and not x.indisprimary "
        "cross join lateral generate_series(1, x.indnkeyatts) k order by 1, 2, k",
        {text_array(tables)});
    std::string last;
    for (int i = 0; i < rows.rows(); ++i) {
      auto& keys = keys_[static_cast<std::size_t>(rows.integer(i, 0))];
      if (keys.empty() || rows.text(i, 1) != last) keys.push_back({{}, std::string(rows.text(i, 3))});
      last = rows.text(i, 1);
      keys.back().expressions.emplace_back(rows.text(i, 2));
    }
  }
  return keys_[number];
}

/// The staged records of a node table that are new or differ, with the columns of that table.
std::string UniqueKeys::staged(std::size_t number, const char* condition) const {
  return fmt::format(
      "(select s.node_id, s.place, s.props as _props, '{{}}'::text[] as acl, '{{}}'::jsonb as _sysan, now() as created "
      "from {} s join {} d using (number, node_id){}) x",
      staged_.source(RowKind::node, number), diff_table, condition);
}

void UniqueKeys::make_way(std::size_t number, const std::string& project_id) {
  std::string all;
  for (const Key& key : of(number)) {
    for (const std::string& expression : key.expressions) all += (all.empty() ? "" : ", ") + expression;
  }
  if (all.empty()) return;
  const std::string table = quote_name(dictionary_.nodes()[number].table);
  connection_.exec(fmt::format(
      "update {0} set _props = jsonb_build_object('project_id', {1}::text) where node_id in (select node_id from "
      "(select node_id, row({2}) as was from {0} where node_id in (select node_id from {3} where number = {4} and not "
      "fresh)) o join (select node_id, row({2}) as becomes from {5}) n using (node_id) where was is distinct from "
      "becomes) and _props->>'project_id' = {1}",
      table, quote_text(project_id), all, diff_table, number, staged(number, " where not d.fresh")));
}

void UniqueKeys::collide(std::size_t number, const Key& key, std::size_t most, std::vector<KeyCollision>& found) {
  const auto& node = dictionary_.nodes()[number];
  const std::string names = named(key.expressions);
  const std::string same = equal(key.expressions.size());
  std::string stays =
      fmt::format("b.node_id not in (select node_id from {} where number = {} and not fresh)", diff_table, number);
  if (staged_.has(RowKind::pruned, number)) {
    stays += fmt::format(" and b.node_id not in (select node_id from {} p)", staged_.source(RowKind::pruned, number));
  }
  const Result rows = connection_.exec(fmt::format(
      "with a as materialized (select node_id, place, {0} from {1}{2}) "
      "(select a.node_id, a.place, b.node_id, true, b.place, '', {3} from a join a b on {4} and a.node_id < b.node_id "
      "order by a.place limit {8}) union all "
      "(select a.node_id, a.place, b.node_id, false, 0, coalesce(b.holder, ''), {3} from a join (select node_id, "
      "_props->>'project_id' as holder, {0} from {5}{2}) b on {4} and a.node_id <> b.node_id where {6} "
      "order by a.place limit {8}) limit {7}",
      names, staged(number, ""), where(key.predicate), shown_values(key.expressions.size()), same,
      quote_name(node.table), stays, most, most));
  for (int i = 0; i < rows.rows(); ++i) {
    found.push_back({.label = node.label,
                     .keys = property_names(key.expressions),
                     .values = std::string(rows.text(i, 6)),
                     .node_id = std::string(rows.text(i, 0)),
                     .place = static_cast<std::uint64_t>(rows.integer(i, 1)),
                     .other_id = std::string(rows.text(i, 2)),
                     .other_staged = rows.boolean(i, 3),
                     .other_place = static_cast<std::uint64_t>(rows.integer(i, 4)),
                     .other_project = std::string(rows.text(i, 5))});
  }
}

std::vector<KeyCollision> UniqueKeys::collisions(std::size_t most) {
  std::vector<KeyCollision> found;
  for (std::size_t n = 0; n < dictionary_.nodes().size(); ++n) {
    if (!staged_.has(RowKind::node, n)) continue;
    for (const Key& key : of(n)) {
      if (found.size() < most) collide(n, key, most - found.size(), found);
    }
  }
  return found;
}

}  // namespace etl::graph
