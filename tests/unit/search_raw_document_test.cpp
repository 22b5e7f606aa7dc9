#include "search/raw_document.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.hpp"

namespace etl::search {
namespace {

std::string taken_back(const std::string& document) {
  std::string type;
  return resource_text(document, type);
}

TEST(SearchRawDocument, TakesBackWhatItStored) {
  for (const char* text : {R"({"resourceType":"Patient","id":"a"})", R"({"a":1.50,"b":"}\"{","c":[{"d":1e3}]})",
                           R"({"a": 1 , "b" : 2})", R"({"x":{"auth_resource_path":"/inner"}})"}) {
    EXPECT_EQ(taken_back(stored_text(text, "/programs/p/projects/q", "")), text);
  }
  EXPECT_EQ(taken_back(stored_text("{}", "/p", "")), "{}");
  EXPECT_EQ(stored_text("{\n \"a\": 1\r\n}\n", "/p", ""), R"({  "a": 1,"auth_resource_path":"/p"})");
  EXPECT_EQ(stored_text(R"({"a":1})", "/p", "i"), R"({"id":"i","a":1,"auth_resource_path":"/p"})");
}

TEST(SearchRawDocument, FindsThePathWhereverAnotherToolPutIt) {
  EXPECT_EQ(taken_back(R"({"auth_resource_path":"/p","a":1})"), R"({"a":1})");
  EXPECT_EQ(taken_back(R"({"a":1,"auth_resource_path":"/p","b":2})"), R"({"a":1,"b":2})");
  EXPECT_EQ(taken_back(R"({"auth_resource_path" : "/p"})"), "{}");
  std::string type;
  EXPECT_EQ(resource_text(R"({"b":2,"resourceType":"Group"})", type), R"({"b":2,"resourceType":"Group"})");
  EXPECT_EQ(type, "Group");
}

TEST(SearchRawDocument, ReadsHits) {
  std::vector<std::string> sources;
  std::vector<std::string> sorts;
  each_hit(
      R"({"took":1,"hits":{"total":{"value":2},"hits":[{"_id":"a","_source":{"x": 1.0},"sort":["a","b"]}, {"_source":{}}]}})",
      [&](const Hit& hit) {
        sources.emplace_back(hit.source);
        sorts.emplace_back(hit.sort);
      });
  EXPECT_EQ(sources, (std::vector<std::string>{R"({"x": 1.0})", "{}"}));
  EXPECT_EQ(sorts, (std::vector<std::string>{R"(["a","b"])", ""}));
  EXPECT_EQ(text_of_member(R"({"_scroll_id":"a\"b","hits":{}})", "_scroll_id"), "a\"b");
  const auto ignore = [](const Hit&) {};
  for (const char* broken : {"", "<html>", R"({"hits":{"hits":[{"_source":)", R"({"error":{}})",
                             R"({"hits":{"hits":[{"_id":"a"}]}})", "[]"}) {
    EXPECT_THROW(each_hit(broken, ignore), UnavailableError) << broken;
  }
}

}  // namespace
}  // namespace etl::search
