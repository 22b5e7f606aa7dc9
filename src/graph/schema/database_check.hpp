#pragma once

#include <string>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"

namespace etl::graph {

/// What a database says of itself, as far as it decides whether a load can succeed.
struct DatabaseFacts {
  std::string version;
  std::string encoding;  ///< of the server: a graph needs UTF8
  std::string schema;    ///< in which the graph's tables are, or would be created
  bool standby = false;
  bool read_only = false;             ///< default_transaction_read_only
  std::vector<std::string> timeouts;  ///< of the role or database, "statement_timeout 5 s"; every command lifts them
  bool pooler = false;                ///< the session goes through a connection pooler
};

[[nodiscard]] DatabaseFacts database_facts(Connection& connection);

/// Whether a pooler gives each transaction another session: seen by `other`, a second session of the same user, getting
/// the server process that `first` was just served by, while both are connected.
[[nodiscard]] bool shares_server_process(Connection& first, Connection& other);

/// What kept a statement of a load from working.
struct Obstacle {
  std::string table;  ///< empty: temporary tables
  std::string reason;
  bool locked = false;  ///< another session holds it at this moment
};

/// Tries what a load does, with statements that touch no row, and rolls back: temporary tables, and SELECT, INSERT and
/// UPDATE on node tables, INSERT and DELETE on edge tables, DELETE on node tables when `prune`. Tables that are missing
/// are passed over. Waits for each table's lock as long as the connection's lock timeout says.
[[nodiscard]] std::vector<Obstacle> try_load_statements(Connection& connection,
                                                        const dictionary::Dictionary& dictionary, bool prune);

}  // namespace etl::graph
