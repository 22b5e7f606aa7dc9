#include "config/folder.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace etl::config {
namespace {

Environment home_is(std::optional<std::string> home) {
  return [home](std::string_view name) { return name == "HOME" ? home : std::nullopt; };
}

TEST(Folder, a_tilde_is_the_home) {
  Settings settings;
  EXPECT_EQ(folder(settings, "folder.studies", home_is("/home/etl")), "/home/etl/studies");
  settings.set("folder.studies", "~", "test");
  EXPECT_EQ(folder(settings, "folder.studies", home_is("/home/etl")), "/home/etl");
  settings.set("folder.studies", "~other/x", "test");
  EXPECT_EQ(folder(settings, "folder.studies", home_is("/home/etl")), "~other/x");
  settings.set("folder.studies", "/mnt/studies", "test");
  EXPECT_EQ(folder(settings, "folder.studies", home_is(std::nullopt)), "/mnt/studies");
}

TEST(Folder, says_where_a_folder_without_a_home_was_set) {
  Settings settings;
  settings.set("state_dir", "~/state", "etl.yaml:7");
  try {
    static_cast<void>(folder(settings, "state_dir", home_is("")));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(error.where(), "etl.yaml:7");
  }
}

}  // namespace
}  // namespace etl::config
