#include "simplify/object_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace etl::simplify {
namespace {

void member(ObjectWriter& object, const char* name, Rank rank, std::string_view value) {
  object.begin(std::string_view(name), rank);
  object.put(value);
  object.end();
}

std::string finished(ObjectWriter& object) {
  Buffer out;
  object.finish(out);
  return std::string(out.view());
}

TEST(SimplifyObjectWriter, WritesMembersInTheirOrder) {
  ObjectWriter object;
  EXPECT_EQ(finished(object), "{}");
  object.clear();
  object.begin(Key("a"), Rank::primitive);
  object.quoted("x");
  object.end();
  member(object, "b", Rank::extension, "[1,2]");
  EXPECT_EQ(finished(object), R"({"a":"x","b":[1,2]})");
  EXPECT_TRUE(object.has(key_hash("a")));
  EXPECT_FALSE(object.has(key_hash("c")));
  object.clear();
  EXPECT_FALSE(object.has(key_hash("a")));
  EXPECT_EQ(finished(object), "{}");
}

TEST(SimplifyObjectWriter, LetsTheLaterStepWinInAnyOrder) {
  ObjectWriter object;
  member(object, "a", Rank::coding, "2");
  member(object, "b", Rank::primitive, "0");
  member(object, "a", Rank::primitive, "1");
  member(object, "a", Rank::extension, "3");
  EXPECT_EQ(finished(object), R"({"a":2,"b":0})");
  object.clear();
  member(object, "a", Rank::extension, "1");
  member(object, "a", Rank::document_reference, "9");
  member(object, "a", Rank::nested, "5");
  EXPECT_EQ(finished(object), R"({"a":9})");
}

TEST(SimplifyObjectWriter, LetsTheLastOfOneStepWin) {
  ObjectWriter object;
  member(object, "a", Rank::nested, "1");
  member(object, "a", Rank::nested, "2");
  EXPECT_EQ(finished(object), R"({"a":2})");
}

TEST(SimplifyObjectWriter, MakesArraysOfExtensionTwins) {
  ObjectWriter object;
  member(object, "a", Rank::extension, "\"[x\"");
  member(object, "b", Rank::extension, "true");
  member(object, "a", Rank::extension, "[1,2]");
  member(object, "a", Rank::extension, "3");
  EXPECT_EQ(finished(object), R"({"a":["[x",1,2,3],"b":true})");
  member(object, "a", Rank::primitive, "0");
  EXPECT_EQ(finished(object), R"({"b":true,"a":0})");
}

TEST(SimplifyObjectWriter, LeavesEmptyArraysOutOfTheTwins) {
  ObjectWriter object;
  member(object, "a", Rank::extension, "[]");
  member(object, "a", Rank::extension, "[1]");
  member(object, "a", Rank::extension, "[]");
  EXPECT_EQ(finished(object), R"({"a":[1]})");
}

/// A resource of a few megabytes may hold hundreds of thousands of extensions.
TEST(SimplifyObjectWriter, TakesNoLongerThanItMustForVeryManyMembers) {
  ObjectWriter object;
  std::string wanted = R"({"n":[)";
  for (int i = 0; i < 200'000; ++i) {
    member(object, "n", Rank::extension, std::to_string(i));
    wanted += (i > 0 ? "," : "") + std::to_string(i);
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(finished(object), wanted + "]}");
  object.clear();
  for (int i = 0; i < 200'000; ++i) member(object, std::to_string(i).c_str(), Rank::extension, "1");
  EXPECT_EQ(std::ranges::count(finished(object), ':'), 200'000);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(SimplifyObjectWriter, TakesBackAMember) {
  ObjectWriter object;
  member(object, "a", Rank::primitive, "1");
  object.begin(Key("b"), Rank::primitive);
  object.put("half");
  object.drop();
  EXPECT_EQ(finished(object), R"({"a":1})");
}

TEST(SimplifyObjectWriter, KeepsManyNamesApart) {
  ObjectWriter object;
  std::string wanted = "{";
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "name" + std::to_string(i);
    member(object, name.c_str(), Rank::extension, std::to_string(i));
    wanted += (i > 0 ? ",\"" : "\"") + name + "\":" + std::to_string(i);
  }
  EXPECT_EQ(finished(object), wanted + "}");
}

}  // namespace
}  // namespace etl::simplify
