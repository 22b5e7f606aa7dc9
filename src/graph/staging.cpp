#include "graph/staging.hpp"

#include <fmt/format.h>

#include "graph/connection_copy.hpp"
#include "graph/copy_rows.hpp"

namespace etl::graph {
namespace {

constexpr std::size_t copy_size = std::size_t{2} << 20;

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
  CopyIn copy(connection_, fmt::format("copy {} from stdin (format binary)", name(kind, number)));
  copy.write(copy_header);
  copy.write(rows.view());
  copy.write(copy_trailer);
  copy.finish();
  rows.clear();
}

void Staging::finish() {
  for (auto& [table, rows] : tables_) {
    flush(table.first, table.second, rows);
    rows = Buffer();
    connection_.exec(fmt::format("analyze {}", name(table.first, table.second)));
  }
}

}  // namespace etl::graph
