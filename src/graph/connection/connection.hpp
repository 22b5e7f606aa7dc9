#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/waiting.hpp"
#include "config/database.hpp"
#include "graph/connection/sql_error.hpp"
#include "graph/connection/sql_quote.hpp"
#include "graph/connection/statement_stop.hpp"

namespace etl::graph {

/// The rows of an answer; values are text.
class Result {
 public:
  explicit Result(PGresult* result) : result_(result) {}
  [[nodiscard]] int rows() const { return PQntuples(result_.get()); }
  [[nodiscard]] int columns() const { return PQnfields(result_.get()); }
  [[nodiscard]] bool null(int row, int column) const { return PQgetisnull(result_.get(), row, column) == 1; }
  /// Valid as long as the result; empty for NULL.
  [[nodiscard]] std::string_view text(int row, int column) const;
  [[nodiscard]] std::int64_t integer(int row, int column) const;
  [[nodiscard]] bool boolean(int row, int column) const { return text(row, column) == "t"; }
  /// Rows that an INSERT, UPDATE, DELETE or COPY touched.
  [[nodiscard]] std::int64_t affected() const;
  [[nodiscard]] const PGresult* get() const { return result_.get(); }

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

/// Text values for $1, $2, …; std::nullopt is NULL.
using Params = std::vector<std::optional<std::string>>;

/// A session with the graph's database. One thread at a time. Every failure is thrown as raise() says, with
/// `database NAME at HOST:PORT` as its place and never a password.
class Connection {
 public:
  /// Connects: application_name aced-etl, keep-alives after 30 s, `timeout` for the whole of it (also
  /// PGCONNECT_TIMEOUT). Empty members of the address leave the choice to libpq (its environment, service and password
  /// files).
  explicit Connection(const config::DatabaseAddress& address,
                      std::chrono::milliseconds timeout = std::chrono::seconds(15));

  /// From now on a statement that takes longer is given up, and the session with it: UnavailableError. Such a session
  /// does not report the locks that it waits for.
  void give_up_after(std::chrono::milliseconds patience) { patience_ = patience; }

  /// From now on a stop ends the statement that is at work, and keeps others from beginning: StoppedError.
  void stop_on(std::stop_token stop) { stop_ = std::make_unique<StatementStop>(raw_.get(), std::move(stop)); }

  /// One or more statements without parameters; the result of the last.
  Result exec(const std::string& sql);
  /// One statement with parameters.
  Result exec(const std::string& sql, const Params& params);

  /// The first column of the first row; std::nullopt when there is no row or it is NULL.
  [[nodiscard]] std::optional<std::string> value(const std::string& sql, const Params& params = {});
  /// The same as a number; 0 when there is none.
  [[nodiscard]] std::int64_t number(const std::string& sql, const Params& params = {});

  /// Where the session goes: `database NAME at HOST:PORT`.
  [[nodiscard]] const std::string& where() const { return where_; }
  /// The server process that serves the transaction at hand. Behind a pooler it may be another one in the next.
  [[nodiscard]] int backend_pid() const { return backend_pid_; }
  [[nodiscard]] std::chrono::milliseconds lock_timeout() const { return address_.lock_timeout; }
  /// For the transaction at hand, and those that follow.
  void set_lock_timeout(std::chrono::milliseconds timeout);
  [[nodiscard]] bool alive() const { return !given_up_ && PQstatus(raw_.get()) == CONNECTION_OK; }
  [[nodiscard]] bool in_transaction() const { return PQtransactionStatus(raw_.get()) != PQTRANS_IDLE; }
  /// What a wait for the answer to this statement is called: where, and how the statement begins.
  [[nodiscard]] std::string waits_for(std::string_view sql) const;
  [[nodiscard]] PGconn* raw() { return raw_.get(); }
  [[nodiscard]] StatementStop* stop() { return stop_.get(); }  ///< null when nothing stops it

  /// Throws what the connection or the result last said.
  [[noreturn]] void fail();
  [[noreturn]] void fail(const PGresult* result);

 private:
  friend class Transaction;
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  Result check(PGresult* result);
  void refuse_when_stopped() const;
  [[nodiscard]] bool send(const char* sql) { return PQsendQuery(raw_.get(), sql) == 1; }
  PGresult* answer(Waiting& waiting);
  bool await(Waiting& waiting);

  config::DatabaseAddress address_;
  std::string where_;
  int backend_pid_ = 0;
  bool given_up_ = false;                              ///< a statement is still at work, and nobody waits for it
  std::string waited_for_;                             ///< the lock that the last statement waited for, and who held it
  std::optional<std::chrono::milliseconds> patience_;  ///< how long a statement may take
  std::unique_ptr<PGconn, Finish> raw_;
  std::unique_ptr<StatementStop> stop_;
};

/// BEGIN now; ROLLBACK at the end of the scope unless commit() was called.
///
/// Everything that talks to the database does so inside a transaction, and every setting, lock and temporary table is
/// the transaction's own, so that a pooler that gives each transaction another session is harmless. The timeouts of the
/// role or database (statement_timeout and the like) are lifted for the transaction, as pg_dump does; one that cannot
/// be lifted is named in a warning. `lock_timeout` becomes that of the connection's address.
class Transaction {
 public:
  /// `mode` follows BEGIN: "", "ISOLATION LEVEL REPEATABLE READ", "READ ONLY", …
  explicit Transaction(Connection& connection, const std::string& mode = {});
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Throws InDoubtError when the connection is lost before the server's answer, and the server's error (deferred
  /// constraints are checked here) when it refuses: then nothing was written.
  void commit();
  void rollback() noexcept;

 private:
  void lift_one_by_one(const std::string& begin);

  Connection& connection_;
  bool open_ = true;
};

}  // namespace etl::graph
