#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "graph/connection.hpp"

namespace etl::graph {

/// Temporary tables beside the graph's, made when the first row for one comes and gone with the transaction:
/// `aced_etl_node_<n>` or `aced_etl_edge_<n>` for the node or edge table of number n. Rows gather in memory and go over
/// in large COPYs.
class Staging {
 public:
  enum class Kind : unsigned char { node, edge };

  explicit Staging(Connection& connection) : connection_(connection) {}

  /// Rows in COPY's binary format, without header and trailer.
  void add(Kind kind, std::size_t number, std::string_view rows);
  /// All that is still in memory; then what is large is analysed, so that joins with it are planned well.
  void finish();

  [[nodiscard]] bool has(Kind kind, std::size_t number) const { return tables_.contains({kind, number}); }
  /// Rows that the table holds, after finish().
  [[nodiscard]] std::int64_t rows(Kind kind, std::size_t number) const { return tables_.at({kind, number}).rows; }
  /// Tells that so many rows were deleted from the table.
  void took_out(Kind kind, std::size_t number, std::int64_t rows) { tables_.at({kind, number}).rows -= rows; }
  /// The quoted name of the table.
  [[nodiscard]] static std::string name(Kind kind, std::size_t number);

 private:
  struct Table {
    Buffer waiting;
    std::int64_t rows = 0;
  };
  using Key = std::pair<Kind, std::size_t>;

  Table& table(Kind kind, std::size_t number);
  void flush_largest();
  void flush(const Key& key, Table& table);

  Connection& connection_;
  std::map<Key, Table> tables_;
  std::size_t waiting_ = 0;  ///< bytes, of all tables
  bool has_edge_form_ = false;
};

/// A temporary table is created without its schema, and spoken of with it.
[[nodiscard]] std::string local_name(const std::string& table);

}  // namespace etl::graph
