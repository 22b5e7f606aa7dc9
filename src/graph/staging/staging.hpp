#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/buffer.hpp"
#include "graph/connection/connection.hpp"

namespace etl::graph {

/// Temporary tables beside the graph's, gone with the transaction: what a load brings, and what it takes away. Rows
/// gather in memory and go over in large COPYs. A node or edge table of which there are many rows gets a staging table
/// of its own (`aced_etl_node_<n>`); all that are left at the end share one of their kind (`aced_etl_node`), for of the
/// hundred and more most have few rows, and a table costs more than those. Columns: `number` of the node or edge table,
/// then what the kind says.
class Staging {
 public:
  enum class Kind : unsigned char {
    node,    ///< to be inserted or updated: node_id, place (place_of()), props
    edge,    ///< to be inserted: src_id, dst_id
    pruned,  ///< nodes to be removed: node_id
    gone,    ///< edges to be removed: src_id, dst_id
  };

  explicit Staging(Connection& connection) : connection_(connection) {}

  /// Rows of that number in COPY's binary format, without header and trailer.
  void add(Kind kind, std::size_t number, std::string_view rows);
  /// Takes back all that was added.
  void restart();
  /// All that is still in memory; then what is large is analysed, so that joins with it are planned well. Before all
  /// that follows.
  void finish();

  [[nodiscard]] bool has(Kind kind, std::size_t number) const { return parts_.contains({kind, number}); }
  [[nodiscard]] std::int64_t rows(Kind kind, std::size_t number) const;
  /// The table that holds these rows, perhaps beside others: a statement looks at `number` too.
  [[nodiscard]] std::string table(Kind kind, std::size_t number) const;
  /// These rows alone, for a FROM: a table, or a query in parentheses.
  [[nodiscard]] std::string source(Kind kind, std::size_t number) const;
  /// All tables of the kind.
  [[nodiscard]] std::set<std::string> tables(Kind kind) const;

  /// `deletion` takes rows out of one of the tables and returns their `number`. Answers how many went.
  std::int64_t delete_staged(Kind kind, const std::string& deletion, const Params& params = {});
  /// Tells that so many rows of that number were deleted.
  void count_deleted(Kind kind, std::size_t number, std::int64_t rows) { parts_.at({kind, number}).rows -= rows; }

 private:
  struct Part {
    Buffer waiting;
    std::int64_t rows = 0;  ///< that the table holds
    bool own = false;       ///< has a table of its own
  };
  using Key = std::pair<Kind, std::size_t>;

  void flush_largest();
  void flush(const Key& key, Part& part);
  void create(Kind kind, const std::string& name);
  std::int64_t copy(const std::string& name, std::string_view rows);
  void analyze(Kind kind, const std::string& name);
  void finish_shared(Kind kind);

  Connection& connection_;
  std::map<Key, Part> parts_;
  std::size_t waiting_ = 0;  ///< bytes, of all parts
};

/// Where the study has a record, as one number: the file's number and the line.
[[nodiscard]] constexpr std::uint64_t place_of(std::uint32_t file, std::uint64_t line) {
  return std::uint64_t{file} << 40U | line;
}
[[nodiscard]] constexpr std::size_t file_of(std::uint64_t place) { return place >> 40U; }
[[nodiscard]] constexpr std::uint64_t line_of(std::uint64_t place) { return place & ((std::uint64_t{1} << 40U) - 1); }

/// A temporary table is created without its schema, and spoken of with it.
[[nodiscard]] std::string_view local_name(std::string_view table);

}  // namespace etl::graph
