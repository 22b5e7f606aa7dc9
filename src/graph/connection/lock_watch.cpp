#include "graph/connection/lock_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "base/log.hpp"
#include "graph/connection/connection.hpp"

namespace etl::graph {
namespace {

/// For the connection and for its answer.
constexpr std::chrono::seconds patience{5};

/// What of a session's activity this user may not see is NULL, or empty.
constexpr auto blockers =
    "select coalesce(nullif(a.application_name, ''), 'a session'), b.pid, coalesce(a.usename::text, ''), "
    "coalesce(a.state, ''), coalesce(date_trunc('second', a.query_start)::text, ''), "
    "(select case when l.locktype = 'relation' then 'a lock on ' || l.relation::regclass::text "
    "when l.locktype in ('transactionid', 'tuple') then 'a row that another transaction has written' "
    "when l.locktype = 'advisory' then 'an advisory lock' else 'a lock (' || l.locktype || ')' end "
    "from pg_locks l where l.pid = $1::int and not l.granted limit 1) "
    "from unnest(pg_blocking_pids($1::int)) b (pid) left join pg_stat_activity a on a.pid = b.pid order by b.pid";

}  // namespace

std::chrono::milliseconds LockWatch::first_look(std::chrono::milliseconds lock_timeout) {
  return std::min(interval, lock_timeout / 2);
}

LockWatch::LockWatch(const config::DatabaseAddress& address, int pid) : address_(address), pid_(pid) {}
LockWatch::~LockWatch() = default;

std::string LockWatch::look() noexcept {
  if (pid_ == 0) return {};
  try {
    if (!connection_) {
      connection_ = std::make_unique<Connection>(address_, patience);
      connection_->give_up_after(patience);
    }
    const Transaction transaction(*connection_, "READ ONLY");
    const Result rows = connection_->exec(blockers, {std::to_string(pid_)});
    std::string text;
    for (int i = 0; i < rows.rows(); ++i) {
      const std::string_view lock = rows.null(i, 5) ? "a lock" : rows.text(i, 5);
      text += i == 0 ? fmt::format("{}, held by ", lock) : std::string(" and ");
      text += fmt::format("{} (pid {}", rows.text(i, 0), rows.text(i, 1));
      if (!rows.text(i, 2).empty()) text += fmt::format(", user {}", rows.text(i, 2));
      if (!rows.text(i, 3).empty()) text += fmt::format(", {}", rows.text(i, 3));
      if (!rows.text(i, 4).empty()) text += fmt::format(", query started {}", rows.text(i, 4));
      text += ")";
    }
    return text;
  } catch (const std::exception& error) {
    log::debug("cannot find out what the database waits for: {}", error.what());
    connection_.reset();
    return {};
  }
}

}  // namespace etl::graph
