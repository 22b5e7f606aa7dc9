#include "config/database.hpp"

#include <atomic>
#include <thread>

#include "config/mounted.hpp"
#include "config_fixture.hpp"

namespace etl::config {
namespace {

using DatabaseTest = ConfigTest;

TEST_F(DatabaseTest, comes_from_the_mounted_secret) {
  mount(kMounted);
  const DatabaseAddress address = database_address(loaded());
  EXPECT_EQ(address.host, "db.svc");
  EXPECT_EQ(address.port, "5432");
  EXPECT_EQ(address.database, "metadata_db");
  EXPECT_EQ(address.user, "sheepdog");
  EXPECT_EQ(address.password, "not-a-secret");
  EXPECT_EQ(address.origin, (creds_ / "sheepdog-creds/host").string());
}

TEST_F(DatabaseTest, nothing_at_all_leaves_it_to_libpq) {
  const DatabaseAddress address = database_address(loaded());
  EXPECT_EQ(address.host + address.port + address.database + address.user + address.password, "");
}

TEST_F(DatabaseTest, the_mounted_password_never_goes_to_another_server) {
  mount(kMounted);
  for (const char* variable : {"PGHOST", "PGHOSTADDR", "PGSERVICE"}) {
    environment_[variable] = "elsewhere";
    const DatabaseAddress address = database_address(loaded());
    EXPECT_EQ(address.password, "") << variable;
    EXPECT_EQ(address.user, "") << variable;
    environment_.erase(variable);
  }
  Settings flagged;
  flagged.set("database.host", "elsewhere", "flag --database-host");
  flagged.load(environment());
  EXPECT_EQ(database_address(flagged).host, "elsewhere");
  EXPECT_EQ(database_address(flagged).password, "");

  put("etl.yaml", "database: {host: elsewhere}\n");
  EXPECT_EQ(database_address(loaded()).password, "");
}

TEST_F(DatabaseTest, single_values_may_be_overridden_on_the_same_server) {
  mount(kMounted);
  environment_["PGDATABASE"] = "copy";
  const DatabaseAddress address = database_address(loaded());
  EXPECT_EQ(address.database, "copy");
  EXPECT_EQ(address.host, "db.svc");
  EXPECT_EQ(loaded().get("database.name")->origin, "environment PGDATABASE");
}

TEST_F(DatabaseTest, is_unavailable_until_the_commons_has_made_it) {
  for (const char* created : {"false", "", "absent"}) {
    auto files = kMounted;
    files["dbcreated"] = created;
    if (std::string(created) == "absent") files.erase("dbcreated");
    std::filesystem::remove_all(creds_ / "sheepdog-creds");
    mount(files);
    EXPECT_THROW((void)database_address(loaded()), UnavailableError) << created;
    environment_["PGHOST"] = "elsewhere";
    EXPECT_NO_THROW((void)database_address(loaded())) << "another server does not wait for it";
    environment_.erase("PGHOST");
  }
}

TEST_F(DatabaseTest, a_port_is_a_port) {
  for (const char* port : {"0", "65536", "5432x"}) {
    environment_["PGPORT"] = port;
    EXPECT_THROW((void)database_address(loaded()), UsageError) << port;
  }
}

TEST_F(DatabaseTest, the_password_is_a_secret) {
  mount(kMounted);
  EXPECT_TRUE(loaded().get("database.password")->secret);
  environment_["PGPASSWORD"] = "x";
  EXPECT_TRUE(loaded().get("database.password")->secret);
}

TEST_F(DatabaseTest, a_rotation_never_pairs_a_user_with_the_next_password) {
  mount({{"user", "a"}, {"password", "a"}}, "a");
  const auto folder = creds_ / "sheepdog-creds";
  std::filesystem::create_directory(folder / "..b");
  std::ofstream(folder / "..b" / "user") << "b";
  std::ofstream(folder / "..b" / "password") << "b";
  std::atomic<bool> stop{false};
  std::jthread rotation([&] {
    for (int i = 0; !stop; ++i) {
      std::filesystem::create_directory_symlink(i % 2 == 0 ? "..b" : "..a", folder / "..data_tmp");
      std::filesystem::rename(folder / "..data_tmp", folder / "..data");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  for (int i = 0; i < 300; ++i) {
    const auto values = read_mounted_folder(folder);
    ASSERT_EQ(values.at("user"), values.at("password"));
  }
  stop = true;
}

}  // namespace
}  // namespace etl::config
