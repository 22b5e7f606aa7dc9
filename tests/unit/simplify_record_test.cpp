#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "simplify_fixture.hpp"
#include "simplify_record_case.hpp"

namespace etl::simplify {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

/// What a type must have to be valid, and what that gives in the record.
struct Needed {
  std::string members;
  json object;
};

Needed needed(const std::string& type) {
  if (type == "Observation")
    return {R"(,"status":"final","code":{"text":"c"})", {{"status", "final"}, {"code_text", "c"}}};
  if (type == "Task") return {R"(,"status":"draft","intent":"plan")", {{"status", "draft"}, {"intent", "plan"}}};
  if (type == "Questionnaire" || type == "List") return {R"(,"status":"draft")", {{"status", "draft"}}};
  if (type == "DocumentReference") return {R"(,"status":"current")", {{"status", "current"}}};
  if (type == "Encounter") return {R"(,"status":"planned")", {{"status", "planned"}}};
  return {"", json::object()};
}

}  // namespace

TEST_P(SimplifyRecord, HoldsWhatTheRuleSays) {
  const Case& given = GetParam();
  const Needed base = needed(given.type);
  const std::string input =
      std::string(R"({"resourceType":")") + given.type + R"(","id":"x1")" + base.members + "," + given.members + "}";
  json wanted = json::parse(given.object);
  wanted["resourceType"] = given.type;
  wanted["id"] = "x1";
  wanted.update(base.object);
  for (const bool validate : {true, false}) {
    const Made made = make(input, {.config = given.config, .validate = validate});
    for (const auto& issues : made.rejected) ADD_FAILURE() << ::testing::PrintToString(issues) << " in " << input;
    ASSERT_EQ(made.lines.size(), 1U);
    const json record = made.record();
    EXPECT_EQ(record.at("object"), wanted) << json::diff(wanted, record.at("object")) << "\n" << made.lines[0];
    EXPECT_EQ(record.at("id"), "x1");
    std::vector<std::string> relations;
    for (const json& relation : record.at("relations")) {
      EXPECT_EQ(relation.size(), 2U);
      relations.push_back(relation.at("dst_name").get<std::string>() + " " + relation.at("dst_id").get<std::string>());
    }
    EXPECT_THAT(relations, UnorderedElementsAreArray(given.relations));
    for (const auto& [key, value] : record.at("object").items()) {
      EXPECT_FALSE(value.is_object()) << key;
      if (value.is_array()) {
        for (const json& item : value) EXPECT_FALSE(item.is_structured()) << key;
      }
    }
  }
}

namespace {

TEST(SimplifyRecord, KeepsTheTextOfNumbersAndDates) {
  const Made made = make(
      R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"c"},"effectiveDateTime":"2024-01-01T00:00:00.10+00:00","valueQuantity":{"value":0.0190}})");
  ASSERT_EQ(made.lines.size(), 1U);
  EXPECT_THAT(made.lines[0], ::testing::HasSubstr(R"("valueQuantity_value":0.0190)"));
  EXPECT_THAT(made.lines[0], ::testing::HasSubstr(R"("valueQuantity":"0.0190")"));
  EXPECT_THAT(made.lines[0], ::testing::HasSubstr(R"("2024-01-01T00:00:00.10+00:00")"));
}

TEST(SimplifyRecord, NamesEachOfManyRelationsOnce) {
  std::string parents;
  for (int i = 0; i < 100'000; ++i) {
    parents += std::string(i > 0 ? "," : "") + R"({"reference":"Specimen/)" + std::to_string(i / 2) + "\"}";
  }
  const Made made = make(R"({"resourceType":"Specimen","id":"s","parent":[)" + parents + "]}");
  ASSERT_EQ(made.lines.size(), 1U);
  EXPECT_EQ(made.record().at("relations").size(), 50'000U);
  EXPECT_EQ(made.record().at("object").at("parent").size(), 100'000U);
}

TEST(SimplifyRecord, IsNamedInSnakeCase) {
  EXPECT_EQ(
      make(
          R"({"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"title":"t"}}]})")
          .record()
          .at("name"),
      "document_reference");
  EXPECT_EQ(make(R"({"resourceType":"Patient","id":"p"})").record().at("name"), "patient");
}

TEST(SimplifyRecord, IsTheFlatObjectAloneInTheDialectFhir) {
  const Made made = make(R"({"resourceType":"Patient","id":"p","gender":"male"})", {.dialect = Dialect::fhir});
  EXPECT_EQ(made.record(), json::parse(R"({"resourceType":"Patient","id":"p","gender":"male"})"));
}

TEST(SimplifyRecord, LinksOnlyToNodesOfTheDictionary) {
  const auto dictionary = dictionary::Dictionary::parse(
      R"({"a.yaml":{"id":"patient","title":"Patient","links":[]},"b.yaml":{"id":"specimen","title":"Specimen","links":[]}})",
      "d.json");
  const Made made = make(
      R"({"resourceType":"Specimen","id":"s","subject":{"reference":"Patient/p"},"request":[{"reference":"ServiceRequest/r"}]})",
      {.dictionary = &dictionary});
  EXPECT_EQ(made.record().at("relations"), json::parse(R"([{"dst_id":"p","dst_name":"patient"}])"));
  EXPECT_EQ(made.record().at("object").at("request"), json::parse(R"(["ServiceRequest/r"])"));
  EXPECT_THAT(made.warnings, ElementsAre("no-link Specimen.request"));
}

/// uuid5(uuid5(uuid3(DNS, "ICEBERG"), seed), id), computed with Python's uuid.
TEST(SimplifyRecord, TransformsTheIdAndAllReferencesToIt) {
  const Made made = make(R"({"resourceType":"Patient","id":"p1","managingOrganization":{"reference":"Organization/o1"},
"generalPractitioner":[{"reference":"http://x/Practitioner/o1"}],"extension":[{"url":"a","valueReference":{"reference":"Observation/obs"}}]})",
                         {.seed = "my seed"});
  // The resource stands on two lines: not NDJSON.
  EXPECT_EQ(made.rejected.size(), 2U);
  const Made good = make(
      R"({"resourceType":"Patient","id":"p1","managingOrganization":{"reference":"Organization/o1"},"generalPractitioner":[{"reference":"http://x/Practitioner/o1"}],"extension":[{"url":"a","valueReference":{"reference":"Observation/obs"}}]})",
      {.seed = "my seed"});
  const json record = good.record();
  EXPECT_EQ(record.at("id"), "7a9ddaf7-b022-5677-8fee-dcf3bf06df81");
  EXPECT_EQ(record.at("object"), json::parse(R"({"resourceType":"Patient","id":"7a9ddaf7-b022-5677-8fee-dcf3bf06df81",
    "managingOrganization":"Organization/26397923-1bb6-5ec4-bd87-af6318bb0c05","generalPractitioner":["Practitioner/26397923-1bb6-5ec4-bd87-af6318bb0c05"],
    "a":"Observation/a798ee65-6164-53ff-a641-33aeedd90473"})"));
  EXPECT_THAT(record.at("relations"),
              ::testing::UnorderedElementsAre(
                  json{{"dst_id", "26397923-1bb6-5ec4-bd87-af6318bb0c05"}, {"dst_name", "organization"}},
                  json{{"dst_id", "26397923-1bb6-5ec4-bd87-af6318bb0c05"}, {"dst_name", "practitioner"}},
                  json{{"dst_id", "a798ee65-6164-53ff-a641-33aeedd90473"}, {"dst_name", "observation"}}));
  EXPECT_EQ(make(R"({"resourceType":"Patient","id":"p1"})", {.seed = ""}).record().at("id"),
            "c0476c10-d253-5adf-ad4e-4981ffb4541a");
  const json document =
      make(
          R"({"resourceType":"DocumentReference","id":"p1","status":"current","content":[{"attachment":{"title":"t"}}]})",
          {.seed = "my seed"})
          .record();
  EXPECT_EQ(document.at("object").at("object_id"), "7a9ddaf7-b022-5677-8fee-dcf3bf06df81");
}

}  // namespace
}  // namespace etl::simplify
