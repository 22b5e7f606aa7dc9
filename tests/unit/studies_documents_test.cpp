#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "studies/target_folder.hpp"

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
  put("target/.aced-etl-pull/w", "whole");
  EXPECT_THROW(target.move_in(folder_ / "target/.aced-etl-pull/w", "out/file"), RefusedError);
  EXPECT_THROW(target.remove("out/file"), RefusedError);
  target.move_in(folder_ / "target/.aced-etl-pull/w", "new/deep/file");
  EXPECT_EQ(target.look("new/deep/file")->size, 5U);
  EXPECT_THROW(static_cast<void>(target.look("new/deep/file/below")), RefusedError);
  target.remove("new/deep/file");
  EXPECT_FALSE(fs::exists(folder_ / "target/new"));
  EXPECT_TRUE(fs::exists(folder_ / "outside/file"));
  EXPECT_THROW(TargetFolder(folder_ / "target", false), LockedError);
}

}  // namespace
}  // namespace etl::studies
