#include "graph/sql_lock.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"

namespace etl::graph {
namespace {

constexpr auto graph_name = "aced-etl:graph";

std::string function(const char* verb, AdvisoryLock::Mode mode) {
  return std::string("select pg_") + verb + (mode == AdvisoryLock::Mode::shared ? "_shared" : "") + "(" + lock_key_sql +
         ")";
}

/// Who holds the lock: "aced-etl (pid 71, user etl, from 10.0.0.3, since 2026-01-31 10:00:00+00)"; empty if not shown.
std::string holder(Connection& connection, const std::string& name) {
  // pg_locks splits the key: classid is its upper half, objid its lower half.
  const auto rows = connection.exec(
      "select coalesce(nullif(a.application_name, ''), 'a session'), l.pid, coalesce(a.usename::text, ''), "
      "coalesce(a.client_addr::text, ''), coalesce(date_trunc('second', a.backend_start)::text, '') "
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
  if (!rows.text(0, 4).empty()) text += fmt::format(", connected since {}", rows.text(0, 4));
  return text + ")";
}

}  // namespace

AdvisoryLock::AdvisoryLock(Connection& connection, std::string name, Mode mode, const std::string& what)
    : connection_(connection), name_(std::move(name)), mode_(mode) {
  if (connection_.value(function("try_advisory_lock", mode), {name_}) == "t") return;
  const auto who = holder(connection_, name_);
  throw LockedError(what + " is held by " + (who.empty() ? "another run" : who), connection_.where(),
                    "wait for that run to end, then run again");
}

AdvisoryLock::~AdvisoryLock() {
  if (!connection_.alive()) return;
  try {
    connection_.exec(function("advisory_unlock", mode_), {name_});
  } catch (const Error&) {  // a session that cannot even unlock is ending, and its locks with it
  }
}

ProjectLock::ProjectLock(Connection& connection, const ProjectId& project)
    : graph_(connection, graph_name, AdvisoryLock::Mode::shared, "the graph"),
      project_(connection, "aced-etl:project:" + project.str(), AdvisoryLock::Mode::exclusive,
               "project " + project.str()) {}

GraphLock::GraphLock(Connection& connection)
    : graph_(connection, graph_name, AdvisoryLock::Mode::exclusive, "the graph, or one of its projects,") {}

}  // namespace etl::graph
