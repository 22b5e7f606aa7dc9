#include "graph/staging/staged_rows.hpp"

#include <fmt/format.h>

#include <array>

namespace etl::graph {

std::string_view local_name(std::string_view table) { return table.substr(std::string_view("pg_temp.").size()); }

std::string StagedRows::shared_table(RowKind kind) {
  static constexpr std::array<const char*, 4> names{"node", "edge", "pruned", "gone"};
  return fmt::format("pg_temp.aced_etl_{}", names.at(static_cast<std::size_t>(kind)));
}

std::string StagedRows::own_table(RowKind kind, std::size_t number) {
  return fmt::format("{}_{}", shared_table(kind), number);
}

std::int64_t StagedRows::rows(RowKind kind, std::size_t number) const {
  const auto found = parts_.find({kind, number});
  return found == parts_.end() ? 0 : found->second.rows;
}

std::string StagedRows::table(RowKind kind, std::size_t number) const {
  return parts_.at({kind, number}).own_table ? own_table(kind, number) : shared_table(kind);
}

std::string StagedRows::source(RowKind kind, std::size_t number) const {
  if (parts_.at({kind, number}).own_table) return own_table(kind, number);
  return fmt::format("(select * from {} where number = {})", shared_table(kind), number);
}

std::set<std::string> StagedRows::tables(RowKind kind) const {
  std::set<std::string> out;
  for (const auto& [key, part] : parts_) {
    if (key.first == kind) out.insert(table(kind, key.second));
  }
  return out;
}

std::int64_t StagedRows::delete_staged(RowKind kind, const std::string& deletion, const Params& params) {
  const Result gone = connection_->exec(
      fmt::format("with gone as ({}) select number, count(*) from gone group by number", deletion), params);
  std::int64_t all = 0;
  for (int i = 0; i < gone.rows(); ++i) {
    count_deleted(kind, static_cast<std::size_t>(gone.integer(i, 0)), gone.integer(i, 1));
    all += gone.integer(i, 1);
  }
  return all;
}

}  // namespace etl::graph
