#include "graph/connection/sql_lock.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/process_name.hpp"

namespace etl::graph {
namespace {

constexpr auto graph_name = "aced-etl:graph";

/// Who holds the lock: "aced-etl: process 71 on etl-0: run --all (pid 4711, user etl, from 10.0.0.3, at work since
/// 2026-01-31 10:00:00+00)", where pid is the server's number of the session; empty if not shown.
std::string holder(Connection& connection, const std::string& name) {
  // pg_locks splits the key: classid is its upper half, objid its lower half.
  const auto rows = connection.exec(
      "select coalesce(nullif(a.application_name, ''), 'a session'), l.pid, coalesce(a.usename::text, ''), "
      "coalesce(a.client_addr::text, ''), coalesce(date_trunc('second', a.xact_start)::text, ''), "
      "coalesce(a.state = 'idle', false) "
      "from pg_locks l left join pg_stat_activity a on a.pid = l.pid "
      "where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.pid <> pg_backend_pid() "
      "and l.database = (select oid from pg_database where datname = current_database()) "
      "and ((l.classid::bigint << 32) | l.objid::bigint) = " +
          std::string(lock_key_sql) + " order by l.pid limit 1",
      {name});
  if (rows.rows() == 0) return {};
  std::string text = fmt::format("{} (pid {}", rows.text(0, 0), rows.text(0, 1));
  if (!rows.text(0, 2).empty()) text += fmt::format(", user {}", rows.text(0, 2));
  if (!rows.text(0, 3).empty()) text += fmt::format(", from {}", rows.text(0, 3));
  if (!rows.text(0, 4).empty()) text += fmt::format(", at work since {}", rows.text(0, 4));
  if (rows.boolean(0, 5)) text += ", idle, so perhaps left behind by an older version behind a pooler";
  return text + ")";
}

enum class Mode : unsigned char { shared, exclusive };

void take(Connection& connection, const std::string& name, Mode mode, const std::string& what) {
  if (!connection.in_transaction()) throw InternalError("a lock outside of a transaction: " + name);
  const std::string function = mode == Mode::shared ? "pg_try_advisory_xact_lock_shared" : "pg_try_advisory_xact_lock";
  if (connection.value(fmt::format("select {}({})", function, lock_key_sql), {name}) == "t") {
    // For as long as the transaction holds the lock, the server's list of sessions says whose it is.
    connection.exec("select set_config('application_name', $1, true)", {session_name(this_process())});
    return;
  }
  const auto who = holder(connection, name);
  throw LockedError(fmt::format("{} {}", what, who.empty() ? "another run" : who), connection.where(),
                    "wait for that run to end, then run again");
}

}  // namespace

void lock_project(Connection& connection, const ProjectId& project) {
  take(connection, graph_name, Mode::shared, "the graph is held by");
  take(connection, "aced-etl:project:" + project.str(), Mode::exclusive, "project " + project.str() + " is held by");
}

void lock_graph(Connection& connection) {
  take(connection, graph_name, Mode::exclusive, "the graph, or one of its projects, is held by");
}

void lock_run(Connection& connection, const ProjectId& project) {
  take(connection, "aced-etl:run:" + project.str(), Mode::exclusive,
       "another run is at work on " + project.str() + ":");
}

}  // namespace etl::graph
