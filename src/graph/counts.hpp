#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "graph/connection/connection.hpp"

namespace etl::graph {

/// An edge table and the node tables that its foreign keys name.
struct EdgeTable {
  std::string name, src, dst;
};

/// The graph's tables as the database has them, not as a dictionary says: a table that an older dictionary left behind
/// is counted and emptied like any other.
struct GraphTables {
  std::vector<std::string> nodes;  ///< by name
  std::vector<EdgeTable> edges;    ///< by name

  /// In the graph's schema (use_graph_schema). RefusedError when the database has none.
  [[nodiscard]] static GraphTables read(Connection& connection);
};

struct TableCount {
  std::string table;
  bool edge = false;
  std::int64_t rows = 0;
  std::string src = {}, dst = {};  ///< of an edge: the node tables at its ends
};

/// Which nodes: the records of a project, and nodes named one by one.
struct Selection {
  ProjectId project;
  std::vector<std::string> node_ids;

  /// SQL that is true for such a row; parameters() are its $1 and $2. Containment (`@>`) is what the GIN index on
  /// `_props` answers; `_props->>'project_id' = …` would read every row.
  [[nodiscard]] std::string condition(const std::string& alias) const;
  [[nodiscard]] Params parameters() const;
};

/// Rows of every node table, then of every edge table, all as of one moment. With a selection: its nodes, and the
/// edges with such a node at either end.
[[nodiscard]] std::vector<TableCount> count_rows(Connection& connection, const GraphTables& tables,
                                                 const std::optional<Selection>& selection = std::nullopt);

[[nodiscard]] std::int64_t total_nodes(const std::vector<TableCount>& counts);
[[nodiscard]] std::int64_t total_edges(const std::vector<TableCount>& counts);

}  // namespace etl::graph
