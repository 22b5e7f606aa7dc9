#include "graph/schema/database_check.hpp"

#include <fmt/format.h>

#include <set>

#include "base/error.hpp"
#include "graph/schema/graph_schema.hpp"

namespace etl::graph {
namespace {

/// What the session would have without the settings of our transactions.
constexpr auto timeouts_set =
    "select name || ' ' || reset_val || coalesce(' ' || unit, '') from pg_settings where name in ('statement_timeout', "
    "'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout') and "
    "reset_val <> '0' order by name";

class Attempt {
 public:
  Attempt(Connection& connection, std::vector<Obstacle>& obstacles) : connection_(connection), obstacles_(obstacles) {}

  void operator()(const std::string& table, const std::string& sql) {
    connection_.exec("savepoint attempt");
    try {
      connection_.exec(sql);
    } catch (const StoppedError&) {
      throw;
    } catch (const Error& error) {
      if (!connection_.alive()) throw;
      connection_.exec("rollback to savepoint attempt");
      obstacles_.push_back({table, error.what(), error.code() == ExitCode::locked});
    }
  }

 private:
  Connection& connection_;
  std::vector<Obstacle>& obstacles_;
};

}  // namespace

DatabaseFacts database_facts(Connection& connection) {
  const Transaction transaction(connection);
  DatabaseFacts facts;
  const Result row = connection.exec(
      "select current_setting('server_version'), current_setting('server_encoding'), pg_is_in_recovery(), "
      "current_setting('default_transaction_read_only')::boolean");
  facts.version = row.text(0, 0);
  facts.encoding = row.text(0, 1);
  facts.standby = row.boolean(0, 2);
  facts.read_only = row.boolean(0, 3);
  facts.pooler = PQbackendPID(connection.raw()) != connection.backend_pid();
  const Result timeouts = connection.exec(timeouts_set);
  for (int i = 0; i < timeouts.rows(); ++i) facts.timeouts.emplace_back(timeouts.text(i, 0));
  facts.schema = use_graph_schema(connection);
  return facts;
}

bool shares_server_process(Connection& first, Connection& other) {
  // A pooler takes the connection that was set free last; other clients may be quicker.
  constexpr int tries = 5;
  for (int i = 0; i < tries; ++i) {
    Transaction(first, "READ ONLY").rollback();
    Transaction(other, "READ ONLY").rollback();
    if (first.backend_pid() == other.backend_pid()) return true;
  }
  return false;
}

std::vector<Obstacle> try_load_statements(Connection& connection, const dictionary::Dictionary& dictionary,
                                          bool prune) {
  std::vector<Obstacle> obstacles;
  const Transaction transaction(connection);
  use_graph_schema(connection);
  Attempt attempt(connection, obstacles);
  attempt({},
          "create temporary table aced_etl_attempt (a int) on commit drop; insert into pg_temp.aced_etl_attempt values "
          "(1)");
  std::set<std::string, std::less<>> there;
  const Result tables = connection.exec(
      "select relname from pg_class where relnamespace = quote_ident(current_schema())::regnamespace and relkind in "
      "('r', 'p')");
  for (int i = 0; i < tables.rows(); ++i) there.emplace(tables.text(i, 0));
  for (const auto& node : dictionary.nodes()) {
    if (!there.contains(node.table)) continue;
    const std::string table = quote_name(node.table);
    std::string sql = fmt::format("insert into {0} select * from {0} where false", table);
    const bool own = node.label == "program" || node.label == "project";  // made once, then only read
    if (!own) sql += fmt::format("; update {} set _props = _props where false", table);
    if (!own && prune) sql += fmt::format("; delete from {} where false", table);
    attempt(node.table, sql);
  }
  for (const auto& edge : dictionary.edges()) {
    if (!there.contains(edge.table)) continue;
    const std::string table = quote_name(edge.table);
    attempt(edge.table,
            fmt::format("insert into {0} select * from {0} where false; delete from {0} where false", table));
  }
  return obstacles;
}

}  // namespace etl::graph
