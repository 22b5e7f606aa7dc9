#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "studies/target_folder.hpp"
#include "studies/work_file.hpp"

#include "base/error.hpp"

namespace etl::studies {
namespace {

namespace fs = std::filesystem;

class StudyFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "etl-study-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void put(const fs::path& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  fs::path folder_;
};

TEST_F(StudyFolder, links_that_lead_out_are_refused) {
  put("target/in/file", "x");
  put("outside/file", "x");
  fs::create_directory_symlink(folder_ / "outside", folder_ / "target/out");
  fs::create_directory_symlink(folder_ / "nowhere", folder_ / "target/later");
  fs::create_directory_symlink("in", folder_ / "target/link");
  fs::create_symlink(folder_ / "outside/file", folder_ / "target/in/linked");
  TargetFolder target(folder_ / "target", false);
  EXPECT_TRUE(target.look("in/file"));
  EXPECT_TRUE(target.look("link/file"));
  EXPECT_FALSE(target.look("in/other"));
  EXPECT_FALSE(target.look("new/other"));
  for (const auto* name : {"out/file", "out/new/deep", "later/x", "in/linked", "in"}) {
    EXPECT_THROW(static_cast<void>(target.look(name)), RefusedError) << name;
  }
  const auto write = [&](const std::string& name) { WorkFile(target, name, 5).write(0, "whole"); };
  write("out/file");
  EXPECT_THROW(target.move_in("out/file"), RefusedError);
  EXPECT_THROW(target.remove("out/file"), RefusedError);
  write("new/deep/file");
  target.move_in("new/deep/file");
  EXPECT_EQ(target.look("new/deep/file")->size, 5U);
  EXPECT_THROW(static_cast<void>(target.look("new/deep/file/below")), RefusedError);
  target.remove("new/deep/file");
  EXPECT_FALSE(fs::exists(folder_ / "target/new"));
  EXPECT_TRUE(fs::exists(folder_ / "outside/file"));
  EXPECT_THROW(TargetFolder(folder_ / "target", false), LockedError);
}

TEST_F(StudyFolder, a_link_beside_a_file_does_not_change_where_the_file_goes) {
  put("target/other/file", "x");
  fs::create_directories(folder_ / "target/in");
  fs::create_symlink("../other/file", folder_ / "target/in/x");
  TargetFolder target(folder_ / "target", false);
  WorkFile(target, "in/y", 5).write(0, "whole");
  target.move_in("in/y");
  EXPECT_TRUE(fs::is_regular_file(folder_ / "target/in/y"));
  EXPECT_FALSE(fs::exists(folder_ / "target/other/y"));
}

TEST_F(StudyFolder, a_work_folder_that_is_a_link_is_refused) {
  put("outside/file", "x");
  fs::create_directory(folder_ / "target");
  fs::create_directory_symlink(folder_ / "outside", folder_ / "target/.aced-etl-pull");
  EXPECT_THROW(TargetFolder(folder_ / "target", false), UsageError);
  EXPECT_TRUE(fs::exists(folder_ / "outside/file"));
}

TEST_F(StudyFolder, a_work_folder_that_is_swapped_is_not_removed) {
  put("outside/file", "x");
  TargetFolder target(folder_ / "target", false);
  fs::rename(folder_ / "target/.aced-etl-pull", folder_ / "taken");
  fs::create_directory_symlink(folder_ / "outside", folder_ / "target/.aced-etl-pull");
  EXPECT_THROW(target.tidy({}), UsageError);
  EXPECT_TRUE(fs::exists(folder_ / "outside/file"));
}

TEST_F(StudyFolder, a_work_file_that_is_a_link_is_not_written) {
  put("outside/symbolic", "kept");
  put("outside/hard", "kept");
  TargetFolder target(folder_ / "target", false);
  fs::create_symlink(folder_ / "outside/symbolic", target.work_path("a"));
  fs::create_hard_link(folder_ / "outside/hard", target.work_path("b"));
  for (const auto* name : {"a", "b"}) EXPECT_THROW(WorkFile(target, name, 0), RefusedError) << name;
  EXPECT_EQ(fs::file_size(folder_ / "outside/symbolic"), 4U);
  EXPECT_EQ(fs::file_size(folder_ / "outside/hard"), 4U);
  target.tidy({});
  EXPECT_FALSE(fs::exists(folder_ / "target/.aced-etl-pull"));
  EXPECT_TRUE(fs::exists(folder_ / "outside/symbolic"));
}

}  // namespace
}  // namespace etl::studies
