#include "studies/key_path.hpp"

#include <gtest/gtest.h>

namespace etl::studies {
namespace {

TEST(KeyPath, a_name_that_would_leave_the_folder_is_refused) {
  using namespace std::string_view_literals;
  for (const auto name : {"../x"sv, "a/../../x"sv, ".."sv, "."sv, "a/./b"sv, "a/.."sv, "/etc/passwd"sv, "a//b"sv,
                          "//x"sv, "a\\..\\b"sv, "..\\x"sv, "a\0b"sv, ".aced-etl-pull/x"sv}) {
    EXPECT_NE(refusal(name), "") << name;
  }
  EXPECT_NE(refusal(std::string(256, 'x')), "");
  EXPECT_NE(refusal(std::string(4000, 'x').replace(200, 1, "/")), "");
}

TEST(KeyPath, any_other_name_is_kept) {
  for (const auto* name : {"a", "a/b.ndjson", "..a/b..", "...", "a b+c%2F#d?e", "été/ß", "-rf", "~/x", "a:b*|<>\"'",
                           ".hidden/x", "a\nb"}) {
    EXPECT_EQ(refusal(name), "") << name;
  }
  EXPECT_EQ(refusal(std::string(255, 'x')), "");
}

TEST(KeyPath, folders_have_placeholders) {
  EXPECT_TRUE(is_folder_marker(""));
  EXPECT_TRUE(is_folder_marker("a/"));
  EXPECT_FALSE(is_folder_marker("a/b"));
}

TEST(KeyPath, a_file_and_a_folder_of_one_name_clash) {
  FileAndFolder names;
  EXPECT_FALSE(names.clashes("a"));
  EXPECT_FALSE(names.clashes("a-b"));
  EXPECT_FALSE(names.clashes("a-b.c/d"));
  EXPECT_TRUE(names.clashes("a/b"));
  EXPECT_TRUE(names.clashes("a/c/d"));
  EXPECT_FALSE(names.clashes("ab/c"));
  EXPECT_FALSE(names.clashes("b/a"));
  EXPECT_TRUE(names.clashes("b/a/c"));
}

TEST(KeyPath, prefixes_are_joined_by_one_slash) {
  EXPECT_EQ(join_prefix("", "studies/"), "studies/");
  EXPECT_EQ(join_prefix("/a/b/", "/studies"), "a/b/studies/");
  EXPECT_EQ(join_prefix("/", "/"), "");
}

}  // namespace
}  // namespace etl::studies
