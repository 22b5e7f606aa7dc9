#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "simplify_fixture.hpp"

namespace etl::simplify {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

TEST(SimplifyBundle, GivesTheRecordsOfItsEntries) {
  const Made made = make(
      R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":{"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},"subject":{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"}}},{"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","resource":{"resourceType":"Patient","id":"p"}}]}
{"resourceType":"Patient","id":"q"})");
  EXPECT_THAT(made.rejected, IsEmpty());
  EXPECT_THAT(made.warnings, IsEmpty());
  ASSERT_EQ(made.lines.size(), 3U);
  EXPECT_EQ(made.tally.resources, 3U);
  EXPECT_EQ(made.record(0).at("object").at("subject"), "Patient/p");
  EXPECT_EQ(made.record(0).at("relations"), json::parse(R"([{"dst_id":"p","dst_name":"patient"}])"));
  EXPECT_EQ(made.record(2).at("id"), "q");
}

TEST(SimplifyBundle, ResolvesUrnReferencesToTransformedIds) {
  const Made made = make(
      R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","resource":{"resourceType":"Organization","id":"o1","name":"O"}},{"resource":{"resourceType":"Patient","id":"p1","managingOrganization":{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"}}}]})",
      {.seed = "my seed"});
  ASSERT_EQ(made.lines.size(), 2U);
  EXPECT_EQ(made.record(1).at("object").at("managingOrganization"),
            "Organization/26397923-1bb6-5ec4-bd87-af6318bb0c05");
}

TEST(SimplifyBundle, MayBeEmptyAndNeedsNoId) {
  const Made made = make(R"({"resourceType":"Bundle","type":"searchset","total":0})");
  EXPECT_THAT(made.rejected, IsEmpty());
  EXPECT_THAT(made.lines, IsEmpty());
  EXPECT_EQ(made.tally.resources, 0U);
  EXPECT_THAT(make(R"({"resourceType":"Bundle","total":0})").rejected,
              ElementsAre(ElementsAre("cardinality 1 Bundle")));
}

TEST(SimplifyBundle, IsCheckedItself) {
  const Made made = make(
      R"({"resourceType":"Bundle","type":"collection","colour":"red","entry":[{"resource":{"resourceType":"Patient","id":"p"}},{"resource":["Patient"]}]})");
  EXPECT_EQ(made.lines.size(), 1U);
  EXPECT_THAT(made.rejected,
              ElementsAre(ElementsAre("unknown-element 1 Bundle", "wrong-type 1 Bundle.entry[1].resource")));
  EXPECT_EQ(made.tally.resources, made.tally.records + made.tally.rejected);
}

TEST(SimplifyBundle, OfAnotherTypeIsRefused) {
  const Made made =
      make(R"({"resourceType":"Patient","id":"p","entry":[{"resource":{"resourceType":"Patient","id":"q"}}]})");
  EXPECT_THAT(made.lines, IsEmpty());
  EXPECT_EQ(made.rejected.size(), 1U);
}

TEST(SimplifyBundle, MayHoldOthersToACertainDepth) {
  const auto nested = [](int levels) {
    std::string text = R"({"resourceType":"Patient","id":"p"})";
    for (int i = 0; i < levels; ++i)
      text = R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":)" + text + "}]}";
    return text;
  };
  EXPECT_EQ(make(nested(3)).lines.size(), 1U);
  const Made deep = make(nested(200));
  EXPECT_THAT(deep.lines, IsEmpty());
  EXPECT_THAT(deep.rejected, ElementsAre(ElementsAre("resource-type 1 ")));
  EXPECT_EQ(deep.tally.resources, 1U);
}

TEST(SimplifyList, IsAResourceLikeAnyOther) {
  const Made made = make(
      R"({"resourceType":"List","id":"l","status":"current","mode":"working","subject":[{"reference":"Patient/p"}],"entry":[{"item":{"reference":"Patient/q"}}]})");
  ASSERT_EQ(made.lines.size(), 1U);
  EXPECT_EQ(made.record().at("object").at("subject"), json::parse(R"(["Patient/p"])"));
  EXPECT_EQ(made.tally.resources, 1U);
}

struct Bad {
  const char* name;
  const char* line;
  const char* issue;
};
class SimplifyRefuses : public ::testing::TestWithParam<Bad> {};

TEST_P(SimplifyRefuses, TheLineAndNoOther) {
  const std::string good = R"({"resourceType":"Patient","id":"good"})";
  for (const bool validate : {true, false}) {
    const Made made = make(good + "\n" + GetParam().line + "\n" + good, {.validate = validate});
    EXPECT_THAT(made.rejected, ElementsAre(ElementsAre(GetParam().issue))) << "validate: " << validate;
    EXPECT_EQ(made.lines.size(), 2U);
    EXPECT_EQ(made.tally.resources, 3U);
    EXPECT_EQ(made.tally.records, 2U);
    EXPECT_EQ(made.tally.rejected, 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, SimplifyRefuses,
    ::testing::Values(
        Bad{"broken", R"({"resourceType":"Patient","id":"x")", "json 2 "},
        Bad{"array", R"([{"resourceType":"Patient","id":"x"}])", "json 2 "}, Bad{"string", R"("Patient")", "json 2 "},
        Bad{"number", "1", "json 2 "}, Bad{"null", "null", "json 2 "}, Bad{"text", "Patient", "json 2 "},
        Bad{"two_on_a_line", R"({"resourceType":"Patient","id":"x"}{"resourceType":"Patient","id":"y"})", "json 2 "},
        Bad{"comma_behind", R"({"resourceType":"Patient","id":"x"},)", "json 2 "},
        Bad{"one_behind_a_list",
            R"({"resourceType":"List","id":"l","status":"current","mode":"working"}{"resourceType":"Patient","id":"y"})",
            "json 2 "},
        Bad{"text_behind_a_list", R"({"resourceType":"List","id":"l","status":"current","mode":"working"} x)",
            "json 2 "},
        Bad{"unclosed_string", R"({"resourceType":"Patient","id":"x)", "json 2 "}, Bad{"one_quote", "\"", "json 2 "},
        Bad{"backslash", "\\", "json 2 "},
        Bad{"backslash_at_the_end", R"({"resourceType":"Patient","id":"x\)", "json 2 "},
        Bad{"opening_bracket", "{", "json 2 "}, Bad{"closing_bracket", "}", "json 2 "},
        Bad{"utf8", "{\"resourceType\":\"Patient\",\"id\":\"\xff\"}", "json 2 "},
        Bad{"utf8_cut", "{\"resourceType\":\"Patient\",\"id\":\"\xe2\x82", "json 2 "},
        Bad{"lone_surrogate", R"({"resourceType":"Patient","id":"x","name":[{"family":"\ud83d"}]})", "json 2 "},
        Bad{"escaped_nul", R"({"resourceType":"Patient","id":"x","name":[{"family":"\u0000"}]})", "json 2 "},
        Bad{"control_character", "{\"resourceType\":\"Patient\",\"id\":\"x\",\"name\":[{\"family\":\"\x01\"}]}",
            "json 2 "},
        Bad{"fault_hidden_in_what_is_not_read",
            R"({"resourceType":"Patient","id":"x","contact":[{"name":{"family":"a",}}]})", "json 2 "},
        Bad{"missing_resource_type", R"({"id":"x"})", "resource-type 2 "},
        Bad{"empty_object", "{}", "resource-type 2 "},
        Bad{"unknown_resource_type", R"({"resourceType":"Thing","id":"x"})", "resource-type 2 "},
        Bad{"abstract_resource_type", R"({"resourceType":"Resource","id":"x"})", "resource-type 2 "},
        Bad{"resource_type_that_is_a_data_type", R"({"resourceType":"Address","id":"x"})", "resource-type 2 "},
        Bad{"resource_type_that_is_no_string", R"({"resourceType":1,"id":"x"})", "resource-type 2 "},
        Bad{"missing_id", R"({"resourceType":"Patient"})", "id 2 "}),
    [](const ::testing::TestParamInfo<Bad>& given) { return std::string(given.param.name); });

TEST(SimplifyRefuses, NulBytes) {
  for (std::string nul : {R"({"resourceType":"Patient","id":"a@b"})", R"({"resourceType":"Patient","id":"a"}@)", "@"}) {
    nul[nul.find('@')] = '\0';
    const Made made = make(nul + "\n" + R"({"resourceType":"Patient","id":"p"})");
    EXPECT_EQ(made.rejected.size(), 1U);
    EXPECT_EQ(made.lines.size(), 1U);
  }
}

TEST(SimplifyWithoutValidation, WritesJsonWhateverComesIn) {
  for (
      const char* line :
      {R"({"resourceType":"DocumentReference","id":"d\"\\x","content":[{"attachment":{"url":"\"\n","size":"big\""}}]})",
       R"({"resourceType":"DocumentReference","id":"d","content":[{"attachment":{"size":"-"}}]})",
       R"({"resourceType":"DocumentReference","id":"d","content":[{"attachment":{"size":1e3}}]})",
       R"({"resourceType":"Patient","id":"p","managingOrganization":{"reference":"a\"b\\"},"gender":"\"","maritalStatus":{"text":"\"","coding":[{"system":"\"","code":"\\","display":"\t"}]}})"}) {
    const Made made = make(line, {.validate = false});
    ASSERT_EQ(made.lines.size(), 1U) << line;
    EXPECT_TRUE(json::accept(made.lines[0])) << made.lines[0];
  }
}

}  // namespace
}  // namespace etl::simplify
