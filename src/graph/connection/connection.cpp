#include "graph/connection/connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "base/address_text.hpp"
#include "base/exhausted.hpp"
#include "base/log.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "graph/connection/lock_watch.hpp"

namespace etl::graph {
namespace {

using Clock = std::chrono::steady_clock;

void take_notice(void* /*context*/, const char* text) { log::debug("postgres: {}", trim(text)); }

/// Waits until libpq may go on. False: the time is over.
bool wait_for(int socket, PostgresPollingStatusType status, Clock::time_point until) {
  pollfd entry{socket, static_cast<short>(status == PGRES_POLLING_WRITING ? POLLOUT : POLLIN), 0};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    const int ready = poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/// `host` may hold a URI or key=value pairs in libpq's eyes only as `dbname`; expand_dbname stays off.
std::string place(PGconn* connection, const config::DatabaseAddress& address) {
  const auto pick = [](const char* said, const std::string& asked) {
    return said != nullptr && *said != '\0' ? std::string(said) : asked;
  };
  const auto database = pick(PQdb(connection), address.database);
  const auto host = pick(PQhost(connection), address.host);
  const auto port = pick(PQport(connection), address.port);
  // A database's name may be a connection string, with a password in it.
  const std::string shown =
      database.find("password=") == std::string::npos ? shown_address(database) : std::string("(a connection string)");
  return fmt::format("database {} at {}{}{}", shown.empty() ? "(default)" : shown,
                     host.empty() ? "the local server" : host, port.empty() ? "" : ":", port);
}

/// The server would log a name that does not exist, and with it the password of a connection string. The test is
/// libpq's own (recognized_connection_string).
void refuse_connection_string(const std::string& database) {
  const bool is_one = database.starts_with("postgresql://") || database.starts_with("postgres://") ||
                      database.find('=') != std::string::npos;
  if (!is_one) return;
  secrets::add_from_address(database);
  throw UsageError("the name of the database is a connection string", {},
                   "set PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE (or database.* in etl.yaml), one value each");
}

std::chrono::milliseconds connect_time(std::chrono::milliseconds asked) {
  if (const char* text = std::getenv("PGCONNECT_TIMEOUT"); text != nullptr) {
    const long seconds = std::strtol(text, nullptr, 10);
    if (seconds > 0) return std::chrono::seconds(seconds);
  }
  return asked;
}

struct Timeout {
  const char* name;
  std::string sql;
};

/// What ends a session or a statement that takes long, and the statement that changes it for a transaction.
std::vector<Timeout> timeouts(const Connection& connection, int server_version) {
  constexpr int has_transaction_timeout = 170000;
  std::vector<Timeout> all;
  const auto add = [&](const char* name, std::int64_t milliseconds) {
    all.push_back({name, fmt::format("SET LOCAL {} = {}", name, milliseconds)});
  };
  add("statement_timeout", 0);
  add("idle_in_transaction_session_timeout", 0);
  add("lock_timeout", connection.lock_timeout().count());
  if (server_version >= has_transaction_timeout) add("transaction_timeout", 0);
  return all;
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

std::string_view Result::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Result::integer(int row, int column) const {
  const auto digits = text(row, column);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw InternalError(fmt::format("the database sent '{}'; expected a number", digits));
  }
  return number;
}

std::int64_t Result::affected() const {
  const std::string_view digits = PQcmdTuples(result_.get());
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

Connection::Connection(const config::DatabaseAddress& address, std::chrono::milliseconds timeout) : address_(address) {
  if (!address.unnamed.empty()) {
    throw UsageError(address.unnamed, {},
                     "mount the secret sheepdog-dbcreds there, or set PGHOST, PGUSER, PGPASSWORD and PGDATABASE "
                     "(database.* in etl.yaml, without the password)");
  }
  refuse_connection_string(address.database);
  std::vector<const char*> keys;
  std::vector<const char*> values;
  const auto add = [&](const char* key, const char* value) {
    if (*value == '\0') return;
    keys.push_back(key);
    values.push_back(value);
  };
  add("host", address.host.c_str());
  add("port", address.port.c_str());
  add("dbname", address.database.c_str());
  add("user", address.user.c_str());
  add("password", address.password.c_str());
  add("application_name", "aced-etl");
  add("client_encoding", "UTF8");
  add("keepalives", "1");
  add("keepalives_idle", "30");
  add("keepalives_interval", "10");
  add("keepalives_count", "6");
  keys.push_back(nullptr);
  values.push_back(nullptr);

  raw_.reset(PQconnectStartParams(keys.data(), values.data(), 0));
  if (!raw_) throw InternalError("out of memory while connecting to the database");
  if (const char* password = PQpass(raw_.get()); password != nullptr) secrets::add(password);
  where_ = place(raw_.get(), address);
  // Verbose, so that the text of a failed connection begins with its SQLSTATE whatever the server's language.
  PQsetErrorVerbosity(raw_.get(), PQERRORS_VERBOSE);
  PQsetNoticeProcessor(raw_.get(), take_notice, nullptr);
  const Waiting waiting(waits_for("connecting"));
  const auto until = Clock::now() + connect_time(timeout);
  auto status = PQstatus(raw_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
    if (!wait_for(PQsocket(raw_.get()), status, until)) {
      throw UnavailableError("the database did not answer in time", where_,
                             "check that the database runs and can be reached, then run again");
    }
    status = PQconnectPoll(raw_.get());
  }
  if (status == PGRES_POLLING_FAILED) {
    refuse_without_descriptors();  // libpq would call it an unreachable server
    raise_connect_failure(PQerrorMessage(raw_.get()), PQconnectionNeedsPassword(raw_.get()) == 1, where_,
                          address.unused_secret);
  }
  PQsetErrorVerbosity(raw_.get(), PQERRORS_DEFAULT);
  where_ = place(raw_.get(), address);
  log::debug("connected to {}, server {}", where_, PQserverVersion(raw_.get()));
}

std::string Connection::waits_for(std::string_view sql) const {
  constexpr std::size_t most = 60;
  std::string shown;
  for (const char c : sql.substr(0, most)) shown += c == '\n' ? ' ' : c;
  return where_ + ": " + shown + (sql.size() > most ? "…" : "");
}

void Connection::fail() {
  ServerMessage said;
  said.message = trim(PQerrorMessage(raw_.get()));
  if (said.message.empty()) said.message = "the connection was lost";
  raise(said, where_);
}

void Connection::fail(const PGresult* result) {
  if (result == nullptr) fail();
  ServerMessage said;
  said.sqlstate = field(result, PG_DIAG_SQLSTATE);
  said.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  said.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  said.hint = field(result, PG_DIAG_MESSAGE_HINT);
  said.context = field(result, PG_DIAG_CONTEXT);
  said.table = field(result, PG_DIAG_TABLE_NAME);
  said.column = field(result, PG_DIAG_COLUMN_NAME);
  said.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  if (said.message.empty()) said.message = trim(PQresultErrorMessage(result));
  if (said.sqlstate == "57014" && stop_ && stop_->requested()) throw StoppedError("stopped", where_);
  if (said.sqlstate == "55P03" && !waited_for_.empty()) said.message += "; it waited for " + waited_for_;
  raise(said, where_);
}

Result Connection::check(PGresult* result) {
  Result owned(result);
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_EMPTY_QUERY:
      return owned;
    default:
      fail(result);
  }
}

void Connection::refuse_when_stopped() const {
  if (stop_ && stop_->requested()) throw StoppedError("stopped", where_);
}

Result Connection::exec(const std::string& sql) {
  const StatementStop::Running running(stop_.get());
  refuse_when_stopped();
  Waiting waiting(waits_for(sql));
  if (!send(sql.c_str())) fail();
  return check(answer(waiting));
}

Result Connection::exec(const std::string& sql, const Params& params) {
  const StatementStop::Running running(stop_.get());
  refuse_when_stopped();
  std::vector<const char*> values;
  values.reserve(params.size());
  Waiting waiting(waits_for(sql));
  for (const auto& param : params) values.push_back(param ? param->c_str() : nullptr);
  if (PQsendQueryParams(raw_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                        nullptr, 0) != 1) {
    fail();
  }
  return check(answer(waiting));
}

/// The last result of what was sent, as PQexec gives it; null when the connection is lost without a word.
PGresult* Connection::answer(Waiting& waiting) {
  waited_for_.clear();
  PGresult* last = nullptr;
  while (true) {
    if (!await(waiting)) return last;
    PGresult* next = PQgetResult(raw_.get());
    if (next == nullptr) return last;
    if (last != nullptr && PQresultStatus(last) == PGRES_FATAL_ERROR) {  // why it failed; then the session may end, too
      PQclear(next);
      continue;
    }
    PQclear(last);
    last = next;
    const auto status = PQresultStatus(last);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || !alive()) return last;
  }
}

/// Waits until PQgetResult() can answer; false when the connection is lost before. When it takes long, asks through a
/// second connection whether another session is in the way, and says so.
bool Connection::await(Waiting& waiting) {
  const auto since = Clock::now();
  LockWatch watch(address_, backend_pid_);
  auto next_look = since + LockWatch::first_look(address_.lock_timeout);
  while (PQisBusy(raw_.get()) == 1) {
    const auto until = patience_ ? since + *patience_ : in_transaction() ? next_look : Clock::time_point::max();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd entry{PQsocket(raw_.get()), POLLIN, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && PQconsumeInput(raw_.get()) != 1) return PQisBusy(raw_.get()) == 0;
    if (ready != 0 || Clock::now() < until) continue;
    if (patience_) {
      given_up_ = true;
      throw UnavailableError("the database did not answer in time", where_, "run again");
    }
    if (auto found = watch.look(); !found.empty() && found != waited_for_) {
      waited_for_ = std::move(found);
      log::warn("waiting for {}; gives up after {} s (`graph.lock_timeout`)", waited_for_,
                address_.lock_timeout.count() / 1000);
    }
    if (!waited_for_.empty()) waiting.moved();  // that says it better
    next_look = Clock::now() + LockWatch::interval;
  }
  return true;
}

void Connection::set_lock_timeout(std::chrono::milliseconds timeout) {
  address_.lock_timeout = timeout;
  exec(fmt::format("SET LOCAL lock_timeout = {}", timeout.count()));
}

std::optional<std::string> Connection::value(const std::string& sql, const Params& params) {
  const auto result = exec(sql, params);
  if (result.rows() == 0 || result.null(0, 0)) return std::nullopt;
  return std::string(result.text(0, 0));
}

std::int64_t Connection::number(const std::string& sql, const Params& params) {
  const auto result = exec(sql, params);
  return result.rows() == 0 || result.null(0, 0) ? 0 : result.integer(0, 0);
}

Transaction::Transaction(Connection& connection, const std::string& mode) : connection_(connection) {
  if (connection_.in_transaction()) throw InternalError("a transaction within a transaction", connection_.where());
  connection_.backend_pid_ = 0;
  const std::string begin = "BEGIN " + mode;
  try {
    std::string sql = begin;
    for (const Timeout& timeout : timeouts(connection_, PQserverVersion(connection_.raw()))) sql += "; " + timeout.sql;
    connection_.backend_pid_ = static_cast<int>(connection_.exec(sql + "; SELECT pg_backend_pid()").integer(0, 0));
  } catch (const StoppedError&) {
    rollback();
    throw;
  } catch (const Error&) {
    if (!connection_.alive() || !connection_.in_transaction()) throw;  // BEGIN itself was refused
    rollback();
    lift_one_by_one(begin);
  }
}

/// A setting that cannot be changed, here or through this pooler, must not keep the others.
void Transaction::lift_one_by_one(const std::string& begin) {
  connection_.exec(begin);
  open_ = true;
  for (const Timeout& timeout : timeouts(connection_, PQserverVersion(connection_.raw()))) {
    connection_.exec("SAVEPOINT lift");
    try {
      connection_.exec(timeout.sql);
    } catch (const Error& error) {
      connection_.exec("ROLLBACK TO SAVEPOINT lift");
      log::warn("cannot change {}, which is {}: {}", timeout.name,
                connection_.value(std::string("SHOW ") + timeout.name).value_or("unknown"), error.what());
    }
  }
  connection_.backend_pid_ = static_cast<int>(connection_.exec("SELECT pg_backend_pid()").integer(0, 0));
}

Transaction::~Transaction() { rollback(); }

void Transaction::rollback() noexcept {
  if (!open_) return;
  open_ = false;
  if (connection_.alive()) PQclear(PQexec(connection_.raw(), "ROLLBACK"));
}

void Transaction::commit() {
  // The deferred constraints are checked here, which takes a while after a large load.
  const StatementStop::Running running(connection_.stop_.get());
  connection_.refuse_when_stopped();
  open_ = false;
  Waiting waiting(connection_.waits_for("COMMIT"));
  if (!connection_.send("COMMIT")) connection_.fail();
  auto* raw = connection_.answer(waiting);
  const Result result(raw);
  if (PQresultStatus(raw) != PGRES_COMMAND_OK) {
    // A server that says why has rolled back; silence, or the end of the session, leaves it open.
    const char* state = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
    const std::string_view said = state == nullptr ? "" : state;
    if (!connection_.alive() && (said.empty() || said.starts_with("57P") || said.starts_with("08"))) {
      throw InDoubtError("the connection was lost during COMMIT: the changes may or may not be in the database",
                         connection_.where(), "run again: unchanged rows are skipped");
    }
    connection_.fail(raw);
  }
  if (std::string_view(PQcmdStatus(raw)) != "COMMIT") {
    throw InternalError("the transaction had failed before COMMIT and was rolled back", connection_.where());
  }
}

}  // namespace etl::graph
