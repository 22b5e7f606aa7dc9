#include "base/bounded_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"

namespace etl {
namespace {

std::string nested(std::size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

std::string refusal(std::string_view text, const JsonBounds& bounds = {}) {
  try {
    static_cast<void>(parse_json(text, "here", bounds));
  } catch (const InputError& error) {
    EXPECT_EQ(error.where(), "here");
    return error.what();
  }
  return {};
}

TEST(BoundedJson, ReadsWhatIsWithinItsBounds) {
  EXPECT_EQ(parse_json(R"({"a": [1, "x"]})", "here").at("a").at(1), "x");
  EXPECT_EQ(refusal(nested(100, '[', ']')), "");
  EXPECT_EQ(parse_ordered_json(R"({"z": 1, "a": 2})", "here").dump(), R"({"z":1,"a":2})");
  EXPECT_TRUE(try_parse_json("[]").is_array());
}

TEST(BoundedJson, RefusesWhatIsNestedTooDeeply) {
  EXPECT_EQ(refusal(nested(101, '[', ']')), "cannot read the JSON: it is nested more than 100 levels deep");
  EXPECT_EQ(refusal("{\"a\":" + nested(3, '[', ']') + "}", {.depth = 3}),
            "cannot read the JSON: it is nested more than 3 levels deep");
  EXPECT_TRUE(try_parse_json(std::string(10'000'000, '[')).is_discarded());
  std::string objects;
  for (int i = 0; i < 60'000; ++i) objects += "{\"error\":";
  EXPECT_TRUE(try_parse_json(objects).is_discarded());
}

TEST(BoundedJson, CountsNoBracketsInsideStrings) {
  EXPECT_EQ(refusal("[\"" + std::string(500, '[') + "\"]"), "");
  EXPECT_EQ(refusal(R"(["\"[[[[", "\\"])", {.depth = 1}), "");
  EXPECT_NE(refusal(R"(["\\", [1]])", {.depth = 1}), "");
}

TEST(BoundedJson, DoesNotCountSiblingsAsDepth) {
  std::string many = "[";
  for (int i = 0; i < 1000; ++i) many += "[],";
  EXPECT_EQ(refusal(many + "0]"), "");
}

TEST(BoundedJson, RefusesWhatIsTooLong) {
  EXPECT_EQ(refusal("[1,2,3]", {.bytes = 6}), "cannot read the JSON: it is 7 B long; at most 6 B are read");
}

TEST(BoundedJson, RefusesWhatFollowsANul) {
  using namespace std::string_view_literals;
  EXPECT_EQ(refusal("[]\0[[["sv), "not JSON: parsing failed at byte 3");
  EXPECT_TRUE(try_parse_json("{}\0"sv).is_discarded());
}

TEST(BoundedJson, NeverQuotesTheTextThatItCannotParse) {
  const std::string said = refusal(R"({"api_key": hidden-value})");
  EXPECT_EQ(said, "not JSON: parsing failed at byte 13");
  EXPECT_EQ(refusal(""), "not JSON: parsing failed at byte 0");
  EXPECT_EQ(refusal("[1e999]"), "not JSON: it contains a number that is out of range");
}

}  // namespace
}  // namespace etl
