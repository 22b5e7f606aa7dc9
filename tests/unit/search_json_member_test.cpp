#include "search/json_member.hpp"

#include <gtest/gtest.h>

namespace etl::search {
namespace {

using nlohmann::json;

TEST(JsonMember, HasTheTypeThatIsAskedFor) {
  const json answer{{"text", "a"}, {"yes", true},    {"number", 7},
                    {"less", -1},  {"list", {1, 2}}, {"object", {{"in", 3}}}};
  EXPECT_EQ(text_member(answer, "text"), "a");
  EXPECT_TRUE(member(answer, "yes", false));
  EXPECT_EQ(member(answer, "number", 0U), 7U);
  EXPECT_EQ(member(answer, "less", 0L), -1);
  EXPECT_EQ(member(answer, "list", json::array()), json({1, 2}));
  EXPECT_EQ(member(answer, json::json_pointer("/object/in"), std::uint64_t{0}), 3U);
  EXPECT_EQ(member(answer, "object", json()), json({{"in", 3}}));
}

TEST(JsonMember, OfAnotherTypeCountsAsMissing) {
  const json answer{{"text", 1},    {"yes", "true"},     {"number", -7}, {"large", 4'294'967'296},
                    {"float", 1.5}, {"list", {{"a", 1}}}};
  EXPECT_EQ(text_member(answer, "text"), "");
  EXPECT_FALSE(member(answer, "yes", false));
  EXPECT_EQ(member(answer, "number", 5U), 5U);
  EXPECT_EQ(member(answer, "large", 5U), 5U);
  EXPECT_EQ(member(answer, "float", 5L), 5);
  EXPECT_EQ(member(answer, "list", json::array()), json::array());
  EXPECT_EQ(member(answer, json::json_pointer("/text/in"), 5U), 5U);
  EXPECT_EQ(member(answer, "none", 5U), 5U);
  for (const json& other : {json(), json(3), json("text"), json::array({1})}) {
    EXPECT_EQ(text_member(other, "text"), "");
    EXPECT_EQ(member(other, "list", json::array()), json::array());
  }
}

}  // namespace
}  // namespace etl::search
