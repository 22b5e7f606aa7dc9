#include "graph/staging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "graph/connection_copy.hpp"
#include "graph/copy_rows.hpp"

namespace etl::graph {
namespace {

/// A COPY of one table takes about so much, and all tables together wait with no more than `most_waiting`.
constexpr std::size_t copy_size = std::size_t{2} << 20;
constexpr std::size_t most_waiting = std::size_t{16} << 20;
/// Of smaller tables the planner knows enough by their size.
constexpr std::int64_t worth_analysing = 5000;

constexpr std::string_view edge_form = "pg_temp.aced_etl_edge_form";

/// The row, from 1, that an error of COPY names: `COPY aced_etl_node_9, line 2, column props`; 0 when it names none.
std::size_t row_named(std::string_view said) {
  constexpr std::string_view mark = ", line ";
  const std::size_t at = said.find("COPY aced_etl_");
  const std::size_t line = at == std::string_view::npos ? at : said.find(mark, at);
  std::size_t row = 0;
  if (line != std::string_view::npos) std::from_chars(said.data() + line + mark.size(), said.data() + said.size(), row);
  return row;
}

}  // namespace

std::string Staging::name(Kind kind, std::size_t number) {
  return fmt::format("pg_temp.aced_etl_{}_{}", kind == Kind::node ? "node" : "edge", number);
}

std::string local_name(const std::string& table) { return table.substr(std::string_view("pg_temp.").size()); }

Staging::Table& Staging::table(Kind kind, std::size_t number) {
  const auto found = tables_.find({kind, number});
  if (found != tables_.end()) return found->second;
  if (kind == Kind::node) {
    connection_.exec(
        fmt::format("create temporary table {} (node_id text not null, props jsonb not null) on commit drop",
                    local_name(name(kind, number))));
    return tables_[{kind, number}];
  }
  // Edge tables are many and small. Without columns that may be kept apart, PostgreSQL makes no TOAST table and no
  // index for each: a third of the time. An id that does not fit into a page does not fit into the graph's indexes
  // either.
  if (!has_edge_form_) {
    connection_.exec(
        fmt::format("create temporary table {0} (src_id text not null, dst_id text not null) on commit drop; "
                    "alter table {1} alter src_id set storage plain, alter dst_id set storage plain",
                    local_name(std::string(edge_form)), edge_form));
    has_edge_form_ = true;
  }
  connection_.exec(fmt::format("create temporary table {} (like {} including storage) on commit drop",
                               local_name(name(kind, number)), edge_form));
  return tables_[{kind, number}];
}

void Staging::add(Kind kind, std::size_t number, std::string_view rows) {
  Table& to = table(kind, number);
  to.waiting.append(rows);
  waiting_ += rows.size();
  if (to.waiting.size() >= copy_size) flush({kind, number}, to);
  if (waiting_ >= most_waiting) flush_largest();
}

void Staging::flush_largest() {
  const auto largest = std::ranges::max_element(tables_, {}, [](const auto& one) { return one.second.waiting.size(); });
  flush(largest->first, largest->second);
}

void Staging::flush(const Key& key, Table& table) {
  if (table.waiting.empty()) return;
  try {
    CopyIn copy(connection_, fmt::format("copy {} from stdin (format binary)", name(key.first, key.second)));
    copy.write(copy_header);
    copy.write(table.waiting.view());
    copy.write(copy_trailer);
    table.rows += copy.finish();
  } catch (const InputError& error) {
    // The server knows a value's row in this COPY; the study knows the record by its id.
    const std::string_view id = first_text(table.waiting.view(), row_named(error.what()));
    if (id.empty()) throw;
    throw InputError(fmt::format("record {}: {}", id, error.what()), error.where(), error.hint());
  }
  waiting_ -= table.waiting.size();
  table.waiting = Buffer();  // a hundred of them would keep what each once needed
}

void Staging::finish() {
  for (auto& [key, table] : tables_) {
    flush(key, table);
    if (table.rows < worth_analysing) continue;
    // The other columns are never a condition of a join, and samples of large values are dear.
    connection_.exec(fmt::format("analyze {} ({})", name(key.first, key.second),
                                 key.first == Kind::node ? "node_id" : "src_id, dst_id"));
  }
}

}  // namespace etl::graph
