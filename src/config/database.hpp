#pragma once

#include <chrono>
#include <string>

#include "config/settings.hpp"

namespace etl::config {

/// Where the graph's PostgreSQL is. An empty member leaves it to libpq: its default, or what PGSERVICE,
/// PGPASSFILE and the like say. The password goes to libpq only, never into a message.
struct DatabaseAddress {
  std::string host;
  std::string port;
  std::string database;
  std::string user;
  std::string password;
  std::string origin;  ///< where the host came from, for messages
  /// Why there is nothing to connect to: no setting, variable or mounted secret names a database. Empty otherwise.
  std::string unnamed;
  /// Why the mounted secret is not used although it is there: the server comes from elsewhere, and no password with it.
  /// Empty otherwise. For the advice when the server refuses.
  std::string unused_secret;
  /// How long a statement waits for a lock that another session holds: `graph.lock_timeout`.
  std::chrono::milliseconds lock_timeout = std::chrono::minutes(5);
};

/// Reads `database.*`. Flag, environment (PG*) and etl.yaml come first. The mounted folder
/// `<creds>/sheepdog-creds` is one set of values for one server: it is used only when nobody named another
/// server (host by flag, PGHOST, PGSERVICE or etl.yaml), so that its password never goes to a foreign host.
/// Throws UnavailableError while that folder's `dbcreated` is not `true`, UsageError for a port that is none. An
/// address that names no database is not an error here, because not every command needs one: graph::Connection refuses
/// it. `environment` is asked for what libpq reads by itself (PGHOSTADDR, PGSERVICE).
[[nodiscard]] DatabaseAddress database_address(const Settings& settings,
                                               const Environment& environment = process_environment());

}  // namespace etl::config
