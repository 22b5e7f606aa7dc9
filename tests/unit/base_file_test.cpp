#include "base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/error.hpp"

namespace etl {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "etl-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(FileTest, reads_whole_files_of_any_bytes) {
  const std::string text(200'000, '\0');
  put(folder_ / "zeros", text);
  put(folder_ / "empty", "");
  EXPECT_EQ(read_file(folder_ / "zeros"), text);
  EXPECT_EQ(read_file(folder_ / "empty"), "");
  EXPECT_NE(read_file("/proc/self/status"), "");  // its size is said to be 0
}

TEST_F(FileTest, what_cannot_be_read_is_named) {
  put(folder_ / "large", "12345");
  EXPECT_EQ(read_file(folder_ / "large", 5), "12345");
  for (const auto& [path, limit] : {std::pair{folder_ / "large", 4U}, {folder_ / "none", 9U}, {folder_, 9U}}) {
    try {
      (void)read_file(path, limit);
      ADD_FAILURE() << path;
    } catch (const InputError& error) {
      EXPECT_EQ(error.where(), path.string());
    }
  }
  EXPECT_EQ(read_file_if_there(folder_ / "none"), std::nullopt);
  EXPECT_EQ(read_file_if_there(folder_ / "large" / "below"), std::nullopt);
}

TEST_F(FileTest, atomic_file_appears_with_commit_only) {
  const fs::path path = folder_ / "out";
  {
    AtomicFile file(path);
    file.write("new");
    EXPECT_FALSE(fs::exists(path));
    file.commit();
    EXPECT_EQ(read_file(path), "new");
    EXPECT_THROW(file.commit(), InternalError);
  }
  EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, atomic_file_not_committed_leaves_what_was_there_and_nothing_else) {
  put(folder_ / "out", "old");
  {
    AtomicFile file(folder_ / "out");
    file.write("half");
    AtomicFile moved = std::move(file);
    moved.write(" and more");
  }
  EXPECT_EQ(read_file(folder_ / "out"), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, atomic_file_keeps_permissions_and_follows_links) {
  put(folder_ / "target", "old");
  fs::permissions(folder_ / "target", fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  fs::create_symlink("target", folder_ / "link");
  AtomicFile file(folder_ / "link");
  file.write("new");
  file.commit();
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "target"), "new");
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "target").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST_F(FileTest, atomic_file_gives_a_new_file_what_the_umask_allows) {
  const mode_t before = ::umask(027);
  AtomicFile file(folder_ / "out");
  file.commit();
  EXPECT_EQ(::umask(before), 027U);
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "out").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST_F(FileTest, atomic_file_never_replaces_a_device_or_a_folder) {
  EXPECT_THROW(AtomicFile("/dev/null"), UsageError);
  EXPECT_THROW(AtomicFile{folder_}, UsageError);
  EXPECT_THROW(AtomicFile(folder_ / "none" / "out"), UsageError);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace etl
