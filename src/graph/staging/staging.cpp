#include "graph/staging/staging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.hpp"
#include "graph/connection/copy.hpp"
#include "graph/connection/copy_rows.hpp"

namespace etl::graph {
namespace {

/// A COPY of one table takes about so much, and all together wait with no more than `most_waiting`.
constexpr std::size_t staged_copy_size = std::size_t{2} << 20;
constexpr std::size_t most_waiting = std::size_t{16} << 20;
/// Of smaller tables the planner knows enough by their size.
constexpr std::int64_t staged_worth_analysing = 5000;

struct Columns {
  const char* definitions;
  const char* keys;  ///< what statistics are worth having of
};

const Columns& columns(RowKind kind) {
  static constexpr std::array<Columns, 4> all{{
      {"node_id text not null, place bigint not null, props jsonb not null", "number, node_id"},
      {"src_id text not null, dst_id text not null", "number, src_id, dst_id"},
      {"node_id text not null", "number, node_id"},
      {"src_id text not null, dst_id text not null", "number, src_id, dst_id"},
  }};
  return all.at(static_cast<std::size_t>(kind));
}

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

void Staging::create(RowKind kind, const std::string& name) {
  connection_->exec(fmt::format("create temporary table {} (number int not null, {}) on commit drop", local_name(name),
                                columns(kind).definitions));
}

void Staging::add(RowKind kind, std::size_t number, std::string_view rows) {
  Part& part = parts_[{kind, number}];
  part.waiting.append(rows);
  waiting_ += rows.size();
  if (part.waiting.size() >= staged_copy_size) flush({kind, number}, part);
  if (waiting_ >= most_waiting) flush_largest();
}

void Staging::restart() {
  for (const auto& [key, part] : parts_) {
    if (part.own_table) connection_->exec("drop table " + StagedRows::own_table(key.first, key.second));
  }
  parts_.clear();
  waiting_ = 0;
}

void Staging::flush_largest() {
  const auto largest = std::ranges::max_element(parts_, {}, [](const auto& one) { return one.second.waiting.size(); });
  flush(largest->first, largest->second);
}

void Staging::flush(const StagedRows::Key& key, Part& part) {
  if (part.waiting.empty()) return;
  const std::string name = StagedRows::own_table(key.first, key.second);
  if (!part.own_table) create(key.first, name);
  part.own_table = true;
  part.rows += copy(name, part.waiting.view());
  waiting_ -= part.waiting.size();
  part.waiting = Buffer();  // a hundred of them would keep what each once needed
}

std::int64_t Staging::copy(const std::string& name, std::string_view rows) {
  try {
    CopyIn copy(*connection_, fmt::format("copy {} from stdin (format binary)", name));
    copy.write(copy_header);
    copy.write(rows);
    copy.write(copy_trailer);
    return copy.finish();
  } catch (const InputError& error) {
    // The server knows a value's row in this COPY; the study knows the record by its id.
    const std::string_view id = id_of_row(rows, row_named(error.what()));
    if (id.empty()) throw;
    throw InputError(fmt::format("record {}: {}", id, error.what()), error.where(), error.hint());
  }
}

void Staging::analyze(RowKind kind, const std::string& name) {
  // The other columns are never a condition of a join, and samples of large values are dear.
  connection_->exec(fmt::format("analyze {} ({})", name, columns(kind).keys));
}

/// What still waits goes into one table, ordered by number: an index that is made in no time finds the rows of one.
void Staging::finish_shared(RowKind kind) {
  Buffer all;
  for (auto& [key, part] : parts_) {
    if (key.first != kind || part.own_table) continue;
    all.append(part.waiting.view());
    part.rows = static_cast<std::int64_t>(count_rows(part.waiting.view()));
    waiting_ -= part.waiting.size();
    part.waiting = Buffer();
  }
  if (all.empty()) return;
  const std::string name = StagedRows::shared_table(kind);
  create(kind, name);
  copy(name, all.view());
  connection_->exec(fmt::format("create index on {} using brin (number) with (pages_per_range = 4)", name));
  analyze(kind, name);  // how many of each number only statistics tell
}

StagedRows Staging::finish() && {
  for (auto& [key, part] : parts_) {
    if (!part.own_table) continue;
    flush(key, part);
    if (part.rows >= staged_worth_analysing) analyze(key.first, StagedRows::own_table(key.first, key.second));
  }
  for (const RowKind kind : {RowKind::node, RowKind::edge, RowKind::pruned, RowKind::gone}) finish_shared(kind);
  std::map<StagedRows::Key, StagedRows::Part> finished;
  for (const auto& [key, part] : parts_) finished.emplace(key, StagedRows::Part{part.rows, part.own_table});
  return {*connection_, std::move(finished)};
}

}  // namespace etl::graph
