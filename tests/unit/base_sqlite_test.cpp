#include "base/sqlite.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "base/error.hpp"

namespace etl::sqlite {
namespace {

namespace fs = std::filesystem;

class SqliteTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "etl-sqlite-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

std::int64_t count(Database& database) {
  auto query = database.prepare("select count(*) from t");
  EXPECT_TRUE(query.step());
  return query.integer(0);
}

TEST_F(SqliteTest, keeps_numbers_texts_and_nulls) {
  Database database(folder_ / "new" / "state.db");
  database.execute("create table t (a, b, c)");
  auto insert = database.prepare("insert into t values (?1, ?2, ?3)");
  const std::string name("gen\0ome é", 10);
  insert.bind(std::uint64_t{1} << 40U, name, nullptr).run();
  insert.bind(-7, "", true).run();
  EXPECT_EQ(database.last_id(), 2);
  auto query = database.prepare("select a, b, c from t order by rowid");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.integer(0), std::int64_t{1} << 40);
  EXPECT_EQ(query.text(1), name);
  EXPECT_TRUE(query.is_null(2));
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.integer(0), -7);
  EXPECT_FALSE(query.is_null(1));
  EXPECT_EQ(query.integer(2), 1);
  EXPECT_FALSE(query.step());
  auto remove = database.prepare("delete from t where a = ?1");
  remove.bind(-7).run();
  EXPECT_EQ(database.changes(), 1);
}

TEST_F(SqliteTest, a_transaction_counts_whole_or_not) {
  Database database(folder_ / "state.db");
  database.execute("create table t (a)");
  {
    const Transaction dropped(database);
    database.execute("insert into t values (1), (2)");
  }
  EXPECT_EQ(count(database), 0);
  Transaction kept(database);
  database.execute("insert into t values (1), (2)");
  kept.commit();
  EXPECT_EQ(count(database), 2);
}

TEST_F(SqliteTest, others_read_while_one_writes) {
  Database writer(folder_ / "state.db");
  writer.execute("create table t (a); insert into t values (1)");
  Database reader(folder_ / "state.db");
  Transaction open(writer);
  writer.execute("insert into t values (2)");
  EXPECT_EQ(count(reader), 1);
  open.commit();
  EXPECT_EQ(count(reader), 2);
}

TEST_F(SqliteTest, what_was_committed_outlives_a_kill) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Database database(folder_ / "state.db");
    database.execute("create table t (a); insert into t values (1)");
    database.execute("begin; insert into t values (2)");
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  Database database(folder_ / "state.db");
  EXPECT_EQ(count(database), 1);
}

TEST_F(SqliteTest, is_for_this_user_alone) {
  const Database database(folder_ / "new" / "state.db");
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat((folder_ / "new" / "state.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(SqliteTest, says_what_is_no_database) {
  std::ofstream(folder_ / "text") << std::string(5000, 'x');
  EXPECT_THROW(Database{folder_ / "text"}, UsageError);
  EXPECT_THROW(Database{folder_ / "text" / "below"}, UsageError);
  Database database(folder_ / "state.db");
  EXPECT_THROW(database.execute("insert into nowhere values (1)"), InternalError);
}

}  // namespace
}  // namespace etl::sqlite
