#include "discovery/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "discovery/raw_members.hpp"

namespace etl::discovery {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Description description() {
  Description wanted;
  wanted.project = {"aced", "Lung"};
  wanted.study.title = "A \"title\"";
  wanted.study.description = "two\nlines";
  wanted.study.patients = 3;
  wanted.commons_url = "commons.example.org";
  return wanted;
}

TEST(DiscoveryRecord, ANewRecordHasAllThatThePageNeeds) {
  const Edited made = edit(std::nullopt, description());
  const json record = json::parse(made.record);
  EXPECT_EQ(record["_guid_type"], "discovery_metadata");
  const json& page = record["gen3_discovery"];
  EXPECT_EQ(page["study_id"], "aced-Lung");
  EXPECT_EQ(page["full_name"], "A \"title\"");
  EXPECT_EQ(page["study_description"], "two\nlines");
  EXPECT_EQ(page["authz"], "/programs/aced/projects/Lung");
  EXPECT_EQ(page["_subjects_count"], 3);
  EXPECT_EQ(page["tags"].size(), 3U);
  EXPECT_FALSE(page.contains("__manifest"));
  EXPECT_FALSE(page.contains("commons"));
  EXPECT_EQ(json::parse(made.members), record);
}

TEST(DiscoveryRecord, TheSameAgainChangesNothing) {
  const Edited made = edit(std::nullopt, description());
  EXPECT_THAT(edit(made.record, description()).changed, IsEmpty());
  EXPECT_EQ(edit(made.record, description()).record, made.record);
  // As a database writes it: in another order, with white space.
  const json sorted = json::parse(made.record);
  EXPECT_THAT(edit(sorted.dump(2), description()).changed, IsEmpty());
}

TEST(DiscoveryRecord, CuratedValuesKeepTheirText) {
  const std::string curated = R"({"a": [1.50, 12345678901234567890123, 1e3], "é": "\u00e9\/"})";
  const Edited made = edit(R"({"_guid_type":"discovery_metadata","objects":)" + curated +
                               R"(,"gen3_discovery":{"more": )" + curated + R"( ,"full_name":"old"}})",
                           description());
  EXPECT_THAT(made.record, HasSubstr("\"objects\":" + curated));
  EXPECT_THAT(made.record, HasSubstr("\"more\":" + curated));
  EXPECT_THAT(made.members, Not(HasSubstr("\"objects\"")));  // the service keeps it
  EXPECT_THAT(made.changed, Contains("full_name"));
  EXPECT_THAT(made.changed, Not(Contains("more")));
}

TEST(DiscoveryRecord, TagsOfOtherCategoriesKeepTheirPlace) {
  const Edited made = edit(
      R"({"_guid_type":"discovery_metadata","gen3_discovery":{"tags":[{"name":"x","category":"Disease","w":1.0},"odd",)"
      R"({"category":"Program","name":"aced"},{"name":"other","category":"Project"},{"name":"aced","category":"Program"}]}})",
      description());
  const json tags = json::parse(made.record)["gen3_discovery"]["tags"];
  ASSERT_EQ(tags.size(), 5U);
  EXPECT_EQ(tags[0]["name"], "x");
  EXPECT_EQ(tags[1], "odd");
  EXPECT_EQ(tags[2]["category"], "Program");
  EXPECT_EQ(tags[3]["category"], "Study Registration");
  EXPECT_EQ(tags[4]["name"], "Lung");
}

TEST(DiscoveryRecord, WhatTheStudyDoesNotSayReplacesNothing) {
  Description bare = description();
  bare.study.title.clear();
  bare.study.description.clear();
  const json made = json::parse(edit(std::nullopt, bare).record)["gen3_discovery"];
  EXPECT_EQ(made["full_name"], "Lung");
  EXPECT_EQ(made["study_description"], "");
  const json kept = json::parse(
      edit(R"({"_guid_type":"discovery_metadata","gen3_discovery":{"full_name":"curated","study_description":null}})",
           bare)
          .record)["gen3_discovery"];
  EXPECT_EQ(kept["full_name"], "curated");
  EXPECT_EQ(kept["study_description"], "");  // the page splits it into lines: null would break it
}

TEST(DiscoveryRecord, TheListOfFilesIsWrittenOrTakenOut) {
  Description wanted = description();
  wanted.manifest = Description::Manifest::write;
  wanted.study.files = {{"id-1", "a \"b\".txt", 18446744073709551615U, "0123"}};
  const Edited made = edit(std::nullopt, wanted);
  EXPECT_EQ(
      json::parse(made.record)["gen3_discovery"]["__manifest"],
      json::parse(
          R"([{"object_id":"id-1","file_name":"a \"b\".txt","file_size":18446744073709551615,"md5sum":"0123"}])"));
  EXPECT_THAT(edit(made.record, description()).changed, IsEmpty());
  wanted.manifest = Description::Manifest::remove;
  EXPECT_THAT(edit(made.record, wanted).changed, ElementsAre("__manifest"));
}

TEST(DiscoveryRecord, OtherDocumentsAreRefused) {
  for (const char* text : {R"({"_guid_type":"other"})", R"({"a":1})", R"({"_guid_type":null,"a":1})",
                           R"({"_guid_type":"discovery_metadata","gen3_discovery":1})",
                           R"({"_guid_type":"discovery_metadata","gen3_discovery":{"tags":"x"}})"}) {
    EXPECT_THROW(static_cast<void>(edit(text, description())), RefusedError) << text;
  }
  EXPECT_THROW(static_cast<void>(edit(R"({"a":1}})", description())), InputError);
  EXPECT_NO_THROW(static_cast<void>(edit("{}", description())));
}

TEST(DiscoveryRecord, CuratedMembersAreNamed) {
  const Edited made = edit(std::nullopt, description());
  EXPECT_THAT(curated_members(made.record), IsEmpty());
  EXPECT_THAT(curated_members(
                  R"({"_guid_type":"discovery_metadata","objects":[],"gen3_discovery":{"authz":"","short_name":"x",)"
                  R"("tags":[{"name":"a","category":"Program"},{"name":"b","category":"Disease"}]}})"),
              ElementsAre("objects", "gen3_discovery.short_name", "tag Disease: b"));
}

}  // namespace
}  // namespace etl::discovery
