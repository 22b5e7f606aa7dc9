#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "graph/connection/connection.hpp"

namespace etl::graph {

/// What a staged row is for.
enum class RowKind : unsigned char {
  node,    ///< to be inserted or updated: node_id, place (place_of()), props
  edge,    ///< to be inserted: src_id, dst_id
  pruned,  ///< nodes to be removed: node_id
  gone,    ///< edges to be removed: src_id, dst_id
};

/// The temporary tables of a load once they are complete (Staging::finish()), until the transaction ends. A node or
/// edge table of which there are many rows has a staging table of its own (`aced_etl_node_<n>`); the rows of all others
/// share one table of their kind (`aced_etl_node`). Columns: `number` of the node or edge table in the dictionary, then
/// what the kind says.
class StagedRows {
 public:
  struct Part {
    std::int64_t rows = 0;
    bool own_table = false;
  };
  using Key = std::pair<RowKind, std::size_t>;

  StagedRows(Connection& connection, std::map<Key, Part> parts) : connection_(&connection), parts_(std::move(parts)) {}

  [[nodiscard]] bool has(RowKind kind, std::size_t number) const { return parts_.contains({kind, number}); }
  [[nodiscard]] std::int64_t rows(RowKind kind, std::size_t number) const;
  /// The table that holds these rows, perhaps beside others: a statement looks at `number` too.
  [[nodiscard]] std::string table(RowKind kind, std::size_t number) const;
  /// These rows alone, for a FROM: a table, or a query in parentheses.
  [[nodiscard]] std::string source(RowKind kind, std::size_t number) const;
  /// All tables of the kind.
  [[nodiscard]] std::set<std::string> tables(RowKind kind) const;

  /// Executes `deletion`, which deletes rows of one of the tables and returns their `number`. Returns how many.
  std::int64_t delete_staged(RowKind kind, const std::string& deletion, const Params& params = {});
  /// Notes that `rows` rows of that number were deleted.
  void count_deleted(RowKind kind, std::size_t number, std::int64_t rows) { parts_.at({kind, number}).rows -= rows; }

  /// Tables by their names, as statements use them.
  [[nodiscard]] static std::string shared_table(RowKind kind);
  [[nodiscard]] static std::string own_table(RowKind kind, std::size_t number);

 private:
  Connection* connection_;
  std::map<Key, Part> parts_;
};

/// Where the study has a record, as one number: the file's number and the line.
[[nodiscard]] constexpr std::uint64_t place_of(std::uint32_t file, std::uint64_t line) {
  return std::uint64_t{file} << 40U | line;
}
[[nodiscard]] constexpr std::size_t file_of(std::uint64_t place) { return place >> 40U; }
[[nodiscard]] constexpr std::uint64_t line_of(std::uint64_t place) { return place & ((std::uint64_t{1} << 40U) - 1); }

/// A temporary table is created without its schema, and used with it.
[[nodiscard]] std::string_view local_name(std::string_view table);

}  // namespace etl::graph
