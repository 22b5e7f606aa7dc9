#include <fmt/format.h>

#include "checks/doctor.hpp"
#include "config/database.hpp"
#include "dictionary/dictionary.hpp"
#include "graph/connection.hpp"
#include "graph/counts.hpp"
#include "graph/schema.hpp"
#include "graph/transport.hpp"

namespace etl::checks {
namespace {

/// Off this machine, the password's proof and all records travel this connection.
void check_transport(Report& report, graph::Connection& connection) {
  const std::string name = "database TLS";
  const std::string advice =
      "set PGSSLMODE=verify-full, and PGSSLROOTCERT to the certificates of the server's authority";
  switch (graph::transport_of(connection.raw())) {
    case graph::Transport::local:
      return;
    case graph::Transport::verified:
      report.ok(name, "encrypted, and the server's identity is verified");
      return;
    case graph::Transport::unverified:
      report.warn(name, "encrypted, but the server's certificate is not verified: another server could take its place",
                  advice);
      return;
    case graph::Transport::clear:
      report.warn(name, "the connection is not encrypted: records can be read and changed on the way", advice);
      return;
  }
}

}  // namespace

void check_database(Report& report, const config::Settings& settings) {
  std::optional<graph::Connection> connection;
  const bool connected = report.guard("database", [&] {
    connection.emplace(config::database_address(settings));
    report.ok("database", fmt::format("{}, PostgreSQL {}", connection->where(),
                                      connection->value("show server_version").value_or("")));
    check_transport(report, *connection);
  });
  if (!settings.get("dictionary")) {
    report.fail("dictionary", "none is named", "set DICTIONARY_URL to the commons' dictionary", ExitCode::usage);
    return;
  }
  std::optional<dictionary::Dictionary> dictionary;
  const bool read = report.guard("dictionary", [&] {
    dictionary = dictionary::Dictionary::load(settings.require("dictionary"));
    report.ok("dictionary", fmt::format("{} nodes, {} links", dictionary->nodes().size(), dictionary->edges().size()));
  });
  if (!connected || !read) return;
  report.guard("tables", [&] {
    const auto found = graph::init_schema(*connection, graph::plan_schema(*dictionary), true);
    const std::size_t missing = found.tables_created.size();
    if (missing == 0 && found.indexes_created.empty()) {
      report.ok("tables", fmt::format("all {} of the dictionary's", found.tables_present.size()));
    } else {
      report.fail(
          "tables",
          fmt::format("{} tables and {} indexes of the dictionary are missing{}", missing, found.indexes_created.size(),
                      missing > 0 ? ", " + found.tables_created.front() + " among them" : ""),
          "`aced-etl graph init` makes them; check that DICTIONARY_URL is the commons' own", ExitCode::refused);
    }
  });
}

}  // namespace etl::checks
