// These need a PostgreSQL, as graph_connection_test.cpp does, and make temporary tables only.

#include "graph/connection/statement_stop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <stop_token>
#include <thread>

#include "graph/connection/connection.hpp"
#include "graph/connection/copy.hpp"

namespace etl::graph {
namespace {

class StatementStopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("PGHOST") == nullptr) GTEST_SKIP() << "NOT TESTED: PGHOST names no PostgreSQL";
    connection.emplace(config::DatabaseAddress{});
    connection->exec("create temporary table t (id int)");
    connection->stop_on(stop.get_token());
  }

  /// Asks for a stop as soon as the server is at work on a statement that begins so.
  std::jthread stop_during(const std::string& statement) {
    return std::jthread([this, statement] {
      Connection watch{config::DatabaseAddress{}};
      const auto pid = std::to_string(PQbackendPID(connection->raw()));
      while (watch.number("select count(*) from pg_stat_activity where pid = $1::int and state = 'active' "
                          "and starts_with(query, $2)",
                          {pid, statement}) == 0) {
      }
      stop.request_stop();
    });
  }

  /// Past the stop, as Connection itself would not.
  std::string ask(const char* sql) {
    const Result result(PQexec(connection->raw(), sql));
    return std::string(result.text(0, 0));
  }

  std::stop_source stop;
  std::optional<Connection> connection;
};

TEST_F(StatementStopTest, EndsTheStatementThatIsAtWork) {
  const auto stopper = stop_during("select pg_sleep");
  EXPECT_THROW(connection->exec("select pg_sleep(300)"), StoppedError);
  EXPECT_TRUE(connection->alive());
}

TEST_F(StatementStopTest, EndsAStatementWithParameters) {
  const auto stopper = stop_during("select pg_sleep");
  EXPECT_THROW(connection->exec("select pg_sleep($1::float8)", {"300"}), StoppedError);
}

TEST_F(StatementStopTest, EndsACopyWhoseRowsAreBeingRead) {
  const auto stopper = stop_during("copy (select");
  CopyOut copy(*connection,
               "copy (select i, pg_sleep(case i when 5 then 300 else 0 end) from generate_series(1, 5) i) to stdout");
  std::string_view row;
  const auto read_all = [&] {
    while (copy.read(row)) {
    }
  };
  EXPECT_THROW(read_all(), StoppedError);
  EXPECT_TRUE(connection->alive());
}

TEST_F(StatementStopTest, LetsNoOtherStatementBegin) {
  connection->exec("insert into t values (1)");
  stop.request_stop();
  EXPECT_THROW(connection->exec("insert into t values (2)"), StoppedError);
  EXPECT_THROW(connection->exec("insert into t values ($1::int)", {"2"}), StoppedError);
  EXPECT_EQ(ask("select count(*) from t"), "1");
}

TEST_F(StatementStopTest, LetsNoCommitBegin) {
  {
    Transaction transaction(*connection);
    connection->exec("insert into t values (1)");
    stop.request_stop();
    EXPECT_THROW(transaction.commit(), StoppedError);
  }
  EXPECT_FALSE(connection->in_transaction());
  EXPECT_EQ(ask("select count(*) from t"), "0");
}

TEST_F(StatementStopTest, EndsACommitThatIsAtWork) {
  connection->exec(
      "create function pg_temp.wait() returns trigger language plpgsql as $$begin perform pg_sleep(300); return null; "
      "end$$; create constraint trigger late after insert on t deferrable initially deferred for each row "
      "execute function pg_temp.wait()");
  {
    Transaction transaction(*connection);
    connection->exec("insert into t values (1)");
    const auto stopper = stop_during("COMMIT");
    EXPECT_THROW(transaction.commit(), StoppedError);
  }
  EXPECT_EQ(ask("select count(*) from t"), "0");
}

TEST_F(StatementStopTest, AStatementCancelledByOthersIsNoStop) {
  connection->exec("set statement_timeout = '20ms'");
  try {
    connection->exec("select pg_sleep(300)");
    ADD_FAILURE() << "it was not cancelled";
  } catch (const StoppedError&) {
    ADD_FAILURE() << "nobody asked for a stop";
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace etl::graph
