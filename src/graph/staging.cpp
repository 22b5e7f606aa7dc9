#include "graph/staging.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/error.hpp"
#include "graph/connection_copy.hpp"
#include "graph/copy_rows.hpp"

namespace etl::graph {
namespace {

constexpr std::size_t copy_size = std::size_t{2} << 20;

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

void Staging::make(Kind kind, std::size_t number) {
  if (has(kind, number)) return;
  connection_.exec(fmt::format("create temporary table {} ({}) on commit drop",
                               name(kind, number).substr(std::string_view("pg_temp.").size()),
                               kind == Kind::node ? "node_id text not null, props jsonb not null"
                                                  : "src_id text not null, dst_id text not null"));
  tables_[{kind, number}];
}

void Staging::add(Kind kind, std::size_t number, std::string_view rows) {
  make(kind, number);
  Buffer& waiting = tables_[{kind, number}];
  waiting.append(rows);
  if (waiting.size() >= copy_size) flush(kind, number, waiting);
}

void Staging::flush(Kind kind, std::size_t number, Buffer& rows) {
  if (rows.empty()) return;
  try {
    CopyIn copy(connection_, fmt::format("copy {} from stdin (format binary)", name(kind, number)));
    copy.write(copy_header);
    copy.write(rows.view());
    copy.write(copy_trailer);
    copy.finish();
  } catch (const InputError& error) {
    // The server knows a value's row in this COPY; the study knows the record by its id.
    const std::string_view id = first_text(rows.view(), row_named(error.what()));
    if (id.empty()) throw;
    throw InputError(fmt::format("record {}: {}", id, error.what()), error.where(), error.hint());
  }
  rows.clear();
}

void Staging::finish() {
  for (auto& [table, rows] : tables_) {
    flush(table.first, table.second, rows);
    rows = Buffer();
    // The other columns are never a condition of a join, and samples of large values are dear.
    connection_.exec(fmt::format("analyze {} ({})", name(table.first, table.second),
                                 table.first == Kind::node ? "node_id" : "src_id, dst_id"));
  }
}

}  // namespace etl::graph
