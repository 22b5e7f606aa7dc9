#pragma once

#include <optional>
#include <string>

#include "graph/connection/connection.hpp"

namespace etl::graph {

/// Chooses the schema of the graph, and makes it the only one on the transaction's search_path, so that every command
/// finds, creates and counts the same tables: the first schema on the user's search_path that has node tables, else the
/// one in which CREATE TABLE would make them. Needs an open Transaction. RefusedError when the search_path names no
/// schema that the user can use.
std::string use_graph_schema(Connection& connection);

/// What to add to a message that tables are missing from the graph's schema: another schema of the database has node
/// tables, which are out of reach by search_path or by missing rights. Empty when there is none.
[[nodiscard]] std::string schemas_out_of_reach(Connection& connection);

/// A transaction that only reads, in the graph's schema; or, inside a transaction, that one.
class GraphRead {
 public:
  explicit GraphRead(Connection& connection) {
    if (!connection.in_transaction()) transaction_.emplace(connection, "READ ONLY");
    use_graph_schema(connection);
  }

 private:
  std::optional<Transaction> transaction_;
};

}  // namespace etl::graph
