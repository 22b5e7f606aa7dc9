#include "config/draft.hpp"

#include <gmock/gmock.h>

#include "config/etl_yaml.hpp"
#include "config/settings_listing.hpp"
#include "config/yaml_text.hpp"
#include "config_fixture.hpp"

namespace etl::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using DraftTest = ConfigTest;

TEST(Draft, a_bucket_is_chosen_by_the_code_in_its_name) {
  const std::vector<std::string> buckets{"aced-lung-cancer", "aced-ohsu-1", "aced-ohsu-2", "old.Under_Score"};
  EXPECT_EQ(choose_bucket("Lung_Cancer", buckets).bucket, "aced-lung-cancer");
  EXPECT_EQ(choose_bucket("UNDER-score", buckets).bucket, "old.Under_Score");
  EXPECT_EQ(choose_bucket("ohsu", buckets).bucket, "");
  EXPECT_THAT(choose_bucket("ohsu", buckets).candidates, ElementsAre("aced-ohsu-1", "aced-ohsu-2"));
  EXPECT_EQ(choose_bucket("ucl", buckets).bucket, "");
  EXPECT_THAT(choose_bucket("ucl", buckets).candidates, IsEmpty());
}

TEST_F(DraftTest, what_it_says_is_read_back) {
  const std::string odd = "a\xff\x1b[2J\nstudies: []";
  const DraftSource source{
      .projects = {{"aced", "A"}, {"aced", "no"}, {"aced", "${x}"}, {"aced", odd}, {"aced", "b-c"}},
      .buckets = {"aced-a", odd},
      .default_bucket = odd,
      .folders = {"A", odd},
      .notes = {odd}};
  put("etl.yaml", draft_etl_yaml(source));
  std::vector<std::string> found;
  const Settings settings = loaded();
  for (const StudyEntry& study : settings.studies()) found.push_back(study.name + " " + study.project.str());
  EXPECT_THAT(found, ElementsAre("A aced-A", "no aced-no", "b-c aced-b-c"));
}

TEST(Draft, the_listing_names_every_setting_and_offers_no_secret) {
  const std::string listing = commented_settings();
  for (const Key& key : known_keys()) {
    if (key.name == kItself) continue;
    const std::string name(key.name.substr(key.name.rfind('.') + 1));
    EXPECT_THAT(listing, HasSubstr(key.secret ? "# " + name + ":" : name + ":")) << key.name;
    EXPECT_EQ(listing.find("# " + std::string(key.help)) == std::string::npos, key.secret) << key.name;
  }
}

TEST(YamlText, is_plain_where_that_is_safe) {
  EXPECT_EQ(yaml_scalar("Lung_Cancer-2.0"), "Lung_Cancer-2.0");
  EXPECT_EQ(yaml_scalar("/tmp/a"), "/tmp/a");
  EXPECT_EQ(yaml_scalar("Yes"), "\"Yes\"");
  EXPECT_EQ(yaml_scalar("12"), "\"12\"");
  EXPECT_EQ(yaml_scalar(""), "\"\"");
  EXPECT_EQ(yaml_scalar("~/studies"), "\"~/studies\"");
  EXPECT_EQ(yaml_scalar("a: ${b}"), "\"a: $${b}\"");
}

}  // namespace
}  // namespace etl::config
