#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "graph/connection/connection.hpp"
#include "graph/staging/staged_rows.hpp"

namespace etl::graph {

/// Fills the temporary tables of a load: what it brings, and what it takes away. Rows gather in memory and go to the
/// server in large COPYs. A node or edge table of which there are many rows gets a staging table of its own; all that
/// are left at the end share one of their kind, since most of the hundred and more tables have few rows, and a table
/// costs more than those.
class Staging {
 public:
  explicit Staging(Connection& connection) : connection_(&connection) {}

  /// Rows of that number in COPY's binary format, without header and trailer.
  void add(RowKind kind, std::size_t number, std::string_view rows);
  /// Takes back all that was added.
  void restart();
  /// Sends all that is still in memory, and analyses what is large, so that joins with it are planned well.
  [[nodiscard]] StagedRows finish() &&;

 private:
  struct Part {
    Buffer waiting;
    std::int64_t rows = 0;  ///< that the table holds
    bool own_table = false;
  };

  void flush_largest();
  void flush(const StagedRows::Key& key, Part& part);
  void create(RowKind kind, const std::string& name);
  std::int64_t copy(const std::string& name, std::string_view rows);
  void analyze(RowKind kind, const std::string& name);
  void finish_shared(RowKind kind);

  Connection* connection_;
  std::map<StagedRows::Key, Part> parts_;
  std::size_t waiting_ = 0;  ///< bytes, of all parts
};

}  // namespace etl::graph
