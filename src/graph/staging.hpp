#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "graph/connection.hpp"

namespace etl::graph {

/// Temporary tables beside the graph's, made when the first row for one comes and gone with the transaction:
/// `stage_<n>` for the node or edge table of number n. Rows gather in memory and go over in large COPYs.
class Staging {
 public:
  enum class Kind : unsigned char { node, edge };

  explicit Staging(Connection& connection) : connection_(connection) {}

  /// Rows in COPY's binary format, without header and trailer.
  void add(Kind kind, std::size_t number, std::string_view rows);
  /// All that is still in memory; then the tables are analysed, so that joins with them are planned well.
  void finish();

  [[nodiscard]] bool has(Kind kind, std::size_t number) const { return tables_.contains({kind, number}); }
  /// The quoted name of the table.
  [[nodiscard]] static std::string name(Kind kind, std::size_t number);
  /// Make the table although it has no row.
  void make(Kind kind, std::size_t number);

 private:
  void flush(Kind kind, std::size_t number, Buffer& rows);

  Connection& connection_;
  std::map<std::pair<Kind, std::size_t>, Buffer> tables_;
};

}  // namespace etl::graph
