#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "checks/doctor.hpp"
#include "config/database.hpp"
#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"
#include "graph/connection/transport.hpp"
#include "graph/projects.hpp"
#include "graph/schema/database_check.hpp"
#include "graph/schema/graph_schema.hpp"
#include "graph/schema/schema.hpp"

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

/// How many tables a message names.
constexpr std::size_t most_named = 3;

/// doctor does not wait for locks as long as a load would.
config::DatabaseAddress address_of(const config::Settings& settings) {
  auto address = config::database_address(settings);
  address.lock_timeout = std::chrono::seconds(2);
  return address;
}

void check_facts(Report& report, const graph::DatabaseFacts& facts) {
  if (facts.encoding != "UTF8") {
    report.fail("database encoding", fmt::format("the database's encoding is {}", facts.encoding),
                "create the database with ENCODING 'UTF8': any other refuses or changes text of a study",
                ExitCode::refused);
  }
  if (facts.standby) {
    report.fail("database writes", "the server is a standby, which is read-only", "connect to the primary server",
                ExitCode::refused);
  } else if (facts.read_only) {
    report.fail("database writes", "transactions are read-only (default_transaction_read_only)",
                "connect to the primary server, or set default_transaction_read_only = off for the role or database",
                ExitCode::refused);
  }
  if (!facts.timeouts.empty()) {
    report.ok("database timeouts",
              fmt::format("{}: lifted for every transaction of aced-etl", fmt::join(facts.timeouts, ", ")));
  }
}

/// A run needs two sessions at once: one holds its lock, one loads.
void check_second_session(Report& report, const config::Settings& settings, graph::Connection& first, bool pooler) {
  report.guard("database sessions", [&] {
    graph::Connection second(address_of(settings));
    const graph::Transaction held(first, "READ ONLY");
    second.give_up_after(std::chrono::seconds(10));
    { const graph::Transaction tried(second, "READ ONLY"); }
  });
  if (!pooler) return;
  report.guard("database pooler", [&] {
    graph::Connection second(address_of(settings));
    second.give_up_after(std::chrono::seconds(10));
    report.ok("database pooler", graph::shares_server_process(first, second)
                                     ? "sessions go through a pooler that gives each transaction another server "
                                       "process (PgBouncer's transaction mode); a run takes two of its connections"
                                     : "sessions go through a pooler; a run takes two of its connections");
  });
}

void check_statements(Report& report, const std::vector<graph::Obstacle>& obstacles) {
  std::vector<std::string> refused;
  std::vector<std::string> locked;
  std::string reason;
  for (const graph::Obstacle& obstacle : obstacles) {
    if (obstacle.table.empty()) {
      report.fail("database temporary tables", obstacle.reason,
                  "grant the user TEMPORARY on the database: a load needs temporary tables", ExitCode::not_allowed);
    } else if (obstacle.locked) {
      locked.push_back(obstacle.table);
    } else {
      if (refused.empty()) reason = obstacle.reason;
      refused.push_back(obstacle.table);
    }
  }
  const auto names = [](const std::vector<std::string>& tables) {
    const auto end = tables.begin() + static_cast<std::ptrdiff_t>(std::min(tables.size(), most_named));
    return fmt::format("{}{}", fmt::join(tables.begin(), end, ", "), tables.size() > most_named ? ", …" : "");
  };
  if (!refused.empty()) {
    report.fail(
        "privileges",
        fmt::format("{} of the graph's tables cannot be written ({}): {}", refused.size(), names(refused), reason),
        "connect as the owner of the graph's tables, or grant the user SELECT, INSERT, UPDATE and DELETE on them",
        ExitCode::not_allowed);
  } else if (!locked.empty()) {
    report.warn("privileges", fmt::format("another session holds a lock on {}", names(locked)),
                "a load waits for it, as long as `graph.lock_timeout` says");
  } else {
    report.ok("privileges", "every statement of a load is allowed");
  }
}

void check_tables(Report& report, const std::vector<graph::TablePlan>& plan, const graph::SchemaReport& found) {
  const auto is_needed = [&](const std::string& name) {
    const auto table = std::ranges::find(plan, name, &graph::TablePlan::name);
    return table == plan.end() || table->needed;
  };
  std::vector<std::string> missing;
  std::vector<std::string> unneeded;
  for (const std::string& table : found.tables_created) (is_needed(table) ? missing : unneeded).push_back(table);
  std::size_t indexes = 0;
  for (const graph::TablePlan& table : plan) {
    if (std::ranges::find(found.tables_present, table.name) == found.tables_present.end()) continue;
    indexes += static_cast<std::size_t>(std::ranges::count_if(table.indexes, [&](const graph::IndexPlan& index) {
      return std::ranges::find(found.indexes_created, index.name) != found.indexes_created.end();
    }));
  }
  if (!missing.empty()) {
    report.fail("tables",
                fmt::format("{} tables and {} indexes of the dictionary are missing, {} among them{}", missing.size(),
                            found.indexes_created.size(), missing.front(), found.other_schemas),
                "`aced-etl graph init` makes them; check that DICTIONARY_URL is the commons' own", ExitCode::refused);
  } else if (indexes > 0) {
    report.warn("tables",
                fmt::format("{} of the dictionary's indexes {} missing; loads and the commons are slower", indexes,
                            indexes == 1 ? "is" : "are"),
                "`aced-etl graph init` makes them");
  } else {
    report.ok("tables", fmt::format("all {} of the dictionary's{}", found.tables_present.size(),
                                    unneeded.empty() ? ""
                                                     : fmt::format("; {} is missing, which nothing needs",
                                                                   fmt::join(unneeded, ", "))));
  }
}

/// Would a load find or make the program and the project of every study?
void check_project_nodes(Report& report, const config::Settings& settings, graph::Connection& connection) {
  for (const config::StudyEntry& study : settings.studies()) {
    if (!study.enabled || !settings.flag("destinations.graph") || skips(study, "graph")) continue;
    const std::string name = "graph, " + study.project.str();
    report.guard(name, [&] {
      const graph::Transaction transaction(connection, "READ ONLY");
      graph::use_graph_schema(connection);
      const auto project = graph::ensure_project(connection, study.project, true);
      report.ok(name, project.any_created() ? "a load makes the project" : "the project is there");
    });
  }
}

}  // namespace

void check_database(Report& report, const config::Settings& settings) {
  std::optional<graph::Connection> connection;
  graph::DatabaseFacts facts;
  const bool connected = report.guard("database", [&] {
    connection.emplace(address_of(settings));
    facts = graph::database_facts(*connection);
    report.ok("database", fmt::format("{}, PostgreSQL {}, schema {}{}", connection->where(), facts.version,
                                      facts.schema, facts.pooler ? ", through a pooler" : ""));
    check_transport(report, *connection);
  });
  if (connected) {
    check_facts(report, facts);
    check_second_session(report, settings, *connection, facts.pooler);
  }
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
  bool tables = false;
  report.guard("tables", [&] {
    const auto plan = graph::plan_schema(*dictionary);
    try {
      const auto found = graph::init_schema(*connection, plan, true);
      check_tables(report, plan, found);
      tables = std::ranges::find(found.tables_created, "node_project") == found.tables_created.end();
    } catch (const LockedError& error) {
      report.warn("tables", error.what(),
                  "ask the lock's owner to commit; a load waits for it, as long as `graph.lock_timeout` says");
    }
  });
  if (tables) check_project_nodes(report, settings, *connection);
  if (facts.standby || facts.read_only) return;  // every statement would say the same
  report.guard("privileges", [&] {
    check_statements(report, graph::try_load_statements(*connection, *dictionary, settings.flag("graph.prune")));
  });
}

}  // namespace etl::checks
