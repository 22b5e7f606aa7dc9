// These need a PostgreSQL: the database that PGHOST, PGDATABASE, … name, where they make temporary tables only.
// tests/e2e/graph/test_graph_admin.py runs them against its own server.

#include "graph/connection/connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "graph/connection/copy.hpp"
#include "graph/connection/sql_lock.hpp"

namespace etl::graph {
namespace {

using ::testing::HasSubstr;

class ConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("PGHOST") == nullptr) GTEST_SKIP() << "NOT TESTED: PGHOST names no PostgreSQL";
    connection.emplace(config::DatabaseAddress{});
    connection->exec("create temporary table t (id int primary key, name text)");
  }

  /// The error that `run` throws.
  template <typename Run>
  std::pair<ExitCode, std::string> failure(Run run) {
    try {
      run();
    } catch (const Error& error) {
      return {error.code(), error.what()};
    }
    return {ExitCode::done, ""};
  }

  std::optional<Connection> connection;
};

TEST_F(ConnectionTest, ReadsRowsAndNulls) {
  const auto result = connection->exec("select $1::int, $2::text, true", {"7", std::nullopt});
  EXPECT_EQ(result.integer(0, 0), 7);
  EXPECT_TRUE(result.null(0, 1));
  EXPECT_TRUE(result.boolean(0, 2));
  EXPECT_EQ(connection->value("select 1 where false"), std::nullopt);
  EXPECT_EQ(connection->number("select count(*) from t"), 0);
  EXPECT_EQ(connection->value("show application_name"), "aced-etl");
}

TEST_F(ConnectionTest, ATransactionEndsWithItsScope) {
  {
    Transaction transaction(*connection);
    EXPECT_EQ(connection->exec("insert into t values (1, 'a')").affected(), 1);
    EXPECT_THROW(Transaction{*connection}, InternalError);
  }
  EXPECT_EQ(connection->number("select count(*) from t"), 0);
  Transaction transaction(*connection);
  connection->exec("insert into t values (1, 'a')");
  transaction.commit();
  EXPECT_FALSE(connection->in_transaction());
  EXPECT_EQ(connection->number("select count(*) from t"), 1);
}

TEST_F(ConnectionTest, ACommitOfAFailedTransactionIsNoSuccess) {
  Transaction transaction(*connection);
  EXPECT_EQ(failure([&] { connection->exec("select 1/0"); }).first, ExitCode::invalid_input);
  EXPECT_EQ(failure([&] { transaction.commit(); }).first, ExitCode::internal);
}

TEST_F(ConnectionTest, ADeferredConstraintSpeaksAtCommit) {
  connection->exec("create temporary table child (id int references t deferrable initially deferred)");
  Transaction transaction(*connection);
  connection->exec("insert into child values (5)");
  const auto [code, what] = failure([&] { transaction.commit(); });
  EXPECT_EQ(code, ExitCode::refused);
  EXPECT_THAT(what, HasSubstr("child_id_fkey"));
}

TEST_F(ConnectionTest, ALostSessionIsUnavailableAndDuringCommitInDoubt) {
  Connection killer{config::DatabaseAddress{}};
  const auto kill = [&] {
    const auto pid = std::to_string(PQbackendPID(connection->raw()));
    killer.exec("select pg_terminate_backend($1::int)", {pid});
    while (killer.number("select count(*) from pg_stat_activity where pid = $1::int", {pid}) > 0) {
    }
  };
  Transaction transaction(*connection);
  connection->exec("insert into t values (1, 'a')");
  kill();
  EXPECT_THROW(transaction.commit(), InDoubtError);
  EXPECT_EQ(failure([&] { connection->exec("select 1"); }).first, ExitCode::unavailable);
}

TEST_F(ConnectionTest, CopiesInAndOut) {
  CopyIn in(*connection, "copy t from stdin");
  in.write("1\ta\n2\t");
  in.write("\\N\n");
  EXPECT_EQ(in.finish(), 2);
  CopyOut out(*connection, "copy (select * from t order by id) to stdout");
  std::string text;
  std::string_view row;
  while (out.read(row)) text += row;
  EXPECT_EQ(text, "1\ta\n2\t\\N\n");
  EXPECT_EQ(connection->number("select count(*) from t"), 2);
}

TEST_F(ConnectionTest, ACopyGivenUpLeavesNothing) {
  { CopyIn(*connection, "copy t from stdin").write("1\ta\n"); }
  EXPECT_EQ(connection->number("select count(*) from t"), 0);
  connection->exec("insert into t select i from generate_series(1, 50000) i");
  std::string_view row;
  { EXPECT_TRUE(CopyOut(*connection, "copy t to stdout").read(row)); }
  EXPECT_EQ(connection->number("select 1"), 1);
}

TEST_F(ConnectionTest, ACopyWhoseFirstRowIsBadFailsAtItsEnd) {
  CopyIn in(*connection, "copy t from stdin");
  const auto [code, what] = failure([&] {
    in.write("not a number\ta\n");
    in.write(std::string(std::size_t{16} << 20U, 'x'));
    in.finish();
  });
  EXPECT_EQ(code, ExitCode::invalid_input);
  EXPECT_THAT(what, HasSubstr("COPY t, line 1"));
  EXPECT_EQ(connection->number("select 1"), 1);
}

TEST_F(ConnectionTest, ACopyWhoseLastRowIsBadFailsAtItsEnd) {
  CopyIn in(*connection, "copy t from stdin");
  in.write("1\ta\n1\tb\n");
  const auto [code, what] = failure([&] { in.finish(); });
  EXPECT_EQ(code, ExitCode::refused);
  EXPECT_THAT(what, HasSubstr("t_pkey"));
}

TEST_F(ConnectionTest, LocksAreOnePerProjectAndOneForAllAndEndWithTheirTransaction) {
  const auto one = ProjectId::parse("p-one");
  EXPECT_EQ(failure([&] { lock_project(*connection, one); }).first, ExitCode::internal);  // no transaction
  Connection other{config::DatabaseAddress{}};
  {
    const Transaction transaction(*connection);
    lock_project(*connection, one);
    const Transaction others(other);
    EXPECT_EQ(failure([&] { lock_project(other, one); }).first, ExitCode::locked);
    EXPECT_EQ(failure([&] { lock_graph(other); }).first, ExitCode::locked);
    EXPECT_EQ(failure([&] { lock_project(other, ProjectId::parse("p-two")); }).first, ExitCode::done);
  }
  const Transaction transaction(*connection);
  const Transaction others(other);
  lock_graph(other);
  const auto [code, what] = failure([&] { lock_project(*connection, one); });
  EXPECT_EQ(code, ExitCode::locked);
  EXPECT_THAT(what, HasSubstr("pid " + std::to_string(other.backend_pid())));
}

}  // namespace
}  // namespace etl::graph
