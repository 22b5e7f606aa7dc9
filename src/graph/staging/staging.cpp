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
  const char* name;  ///< of the kind
  const char* definitions;
  const char* keys;  ///< what statistics are worth having of
};

const Columns& columns(Staging::Kind kind) {
  static constexpr std::array<Columns, 4> all{{
      {"node", "node_id text not null, place bigint not null, props jsonb not null", "number, node_id"},
      {"edge", "src_id text not null, dst_id text not null", "number, src_id, dst_id"},
      {"pruned", "node_id text not null", "number, node_id"},
      {"gone", "src_id text not null, dst_id text not null", "number, src_id, dst_id"},
  }};
  return all.at(static_cast<std::size_t>(kind));
}

std::string shared_name(Staging::Kind kind) { return fmt::format("pg_temp.aced_etl_{}", columns(kind).name); }

std::string own_name(Staging::Kind kind, std::size_t number) { return fmt::format("{}_{}", shared_name(kind), number); }

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

std::string_view local_name(std::string_view table) { return table.substr(std::string_view("pg_temp.").size()); }

std::int64_t Staging::rows(Kind kind, std::size_t number) const {
  const auto found = parts_.find({kind, number});
  return found == parts_.end() ? 0 : found->second.rows;
}

std::string Staging::table(Kind kind, std::size_t number) const {
  return parts_.at({kind, number}).own ? own_name(kind, number) : shared_name(kind);
}

std::string Staging::source(Kind kind, std::size_t number) const {
  if (parts_.at({kind, number}).own) return own_name(kind, number);
  return fmt::format("(select * from {} where number = {})", shared_name(kind), number);
}

std::set<std::string> Staging::tables(Kind kind) const {
  std::set<std::string> out;
  for (const auto& [key, part] : parts_) {
    if (key.first == kind) out.insert(table(kind, key.second));
  }
  return out;
}

std::int64_t Staging::delete_staged(Kind kind, const std::string& deletion, const Params& params) {
  const Result gone = connection_.exec(
      fmt::format("with gone as ({}) select number, count(*) from gone group by number", deletion), params);
  std::int64_t all = 0;
  for (int i = 0; i < gone.rows(); ++i) {
    count_deleted(kind, static_cast<std::size_t>(gone.integer(i, 0)), gone.integer(i, 1));
    all += gone.integer(i, 1);
  }
  return all;
}

void Staging::create(Kind kind, const std::string& name) {
  connection_.exec(fmt::format("create temporary table {} (number int not null, {}) on commit drop", local_name(name),
                               columns(kind).definitions));
}

void Staging::add(Kind kind, std::size_t number, std::string_view rows) {
  Part& part = parts_[{kind, number}];
  part.waiting.append(rows);
  waiting_ += rows.size();
  if (part.waiting.size() >= staged_copy_size) flush({kind, number}, part);
  if (waiting_ >= most_waiting) flush_largest();
}

void Staging::restart() {
  for (const auto& [key, part] : parts_) {
    if (part.own) connection_.exec("drop table " + own_name(key.first, key.second));
  }
  parts_.clear();
  waiting_ = 0;
}

void Staging::flush_largest() {
  const auto largest = std::ranges::max_element(parts_, {}, [](const auto& one) { return one.second.waiting.size(); });
  flush(largest->first, largest->second);
}

void Staging::flush(const Key& key, Part& part) {
  if (part.waiting.empty()) return;
  const std::string name = own_name(key.first, key.second);
  if (!part.own) create(key.first, name);
  part.own = true;
  part.rows += copy(name, part.waiting.view());
  waiting_ -= part.waiting.size();
  part.waiting = Buffer();  // a hundred of them would keep what each once needed
}

std::int64_t Staging::copy(const std::string& name, std::string_view rows) {
  try {
    CopyIn copy(connection_, fmt::format("copy {} from stdin (format binary)", name));
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

void Staging::analyze(Kind kind, const std::string& name) {
  // The other columns are never a condition of a join, and samples of large values are dear.
  connection_.exec(fmt::format("analyze {} ({})", name, columns(kind).keys));
}

/// What still waits goes into one table, ordered by number: an index that is made in no time finds the rows of one.
void Staging::finish_shared(Kind kind) {
  Buffer all;
  for (auto& [key, part] : parts_) {
    if (key.first != kind || part.own) continue;
    all.append(part.waiting.view());
    part.rows = static_cast<std::int64_t>(count_rows(part.waiting.view()));
    waiting_ -= part.waiting.size();
    part.waiting = Buffer();
  }
  if (all.empty()) return;
  const std::string name = shared_name(kind);
  create(kind, name);
  copy(name, all.view());
  connection_.exec(fmt::format("create index on {} using brin (number) with (pages_per_range = 4)", name));
  analyze(kind, name);  // how many of each number only statistics tell
}

void Staging::finish() {
  for (auto& [key, part] : parts_) {
    if (!part.own) continue;
    flush(key, part);
    if (part.rows >= staged_worth_analysing) analyze(key.first, own_name(key.first, key.second));
  }
  for (const Kind kind : {Kind::node, Kind::edge, Kind::pruned, Kind::gone}) finish_shared(kind);
}

}  // namespace etl::graph
