#include "config/user_yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

namespace etl::config {
namespace {

constexpr auto user_yaml = R"(
authz:
  resources:
    - name: workspace
    - name: programs
      subresources:
        - name: aced
          subresources:
            - name: projects
              subresources:
                - &one {name: Diabetes}
                - name: my-study
                  subresources: [{name: deeper}]
        - name: other/projects/X
    - name: /programs/aced/projects/Diabetes
)";

TEST(UserYaml, NamesProjectsOnce) {
  const auto projects = parse_user_yaml(user_yaml, "user.yaml").projects;
  ASSERT_EQ(projects.size(), 3U);
  EXPECT_EQ(projects[0].str(), "aced-Diabetes");
  EXPECT_EQ(projects[1].str(), "aced-my-study");
  EXPECT_EQ(projects[2].str(), "other-X");
}

TEST(UserYaml, WarningsNameTheLine) {
  const auto content = parse_user_yaml(
      "authz:\n  resources:\n    - nom: x\n    - name: programs/open-access/projects/p\n    - name: "
      "programs/a/projects/b\n"
      "    - {name: programs, subresources: {}}\n",
      "user.yaml");
  ASSERT_EQ(content.projects.size(), 1U);
  EXPECT_EQ(content.projects[0].str(), "a-b");
  ASSERT_EQ(content.warnings.size(), 3U);
  EXPECT_THAT(content.warnings[0], testing::StartsWith("user.yaml:3: "));
  EXPECT_THAT(content.warnings[1], testing::StartsWith("user.yaml:4: `programs/open-access/projects/p` is left out"));
  EXPECT_THAT(content.warnings[2], testing::StartsWith("user.yaml:6: "));
}

TEST(UserYaml, MergeKeysWorkAsInPyYaml) {
  const auto content = parse_user_yaml(
      "authz:\n  resources:\n    - name: programs/demo\n      subresources:\n        - name: projects\n          "
      "subresources:\n"
      "            - &first {name: one, description: shared}\n            - {<<: *first, name: two}\n            - <<: "
      "*first\n",
      "user.yaml");
  ASSERT_EQ(content.projects.size(), 2U);
  EXPECT_EQ(content.projects[0].str(), "demo-one");
  EXPECT_EQ(content.projects[1].str(), "demo-two");
  EXPECT_TRUE(content.warnings.empty());
}

TEST(UserYaml, RefusesWhatIsNone) {
  EXPECT_THROW((void)parse_user_yaml("a: [", "u"), InputError);
  EXPECT_THROW((void)parse_user_yaml("users: {}", "u"), InputError);
  EXPECT_THROW((void)parse_user_yaml("authz: {resources: []}", "u"), InputError);
  EXPECT_THROW((void)parse_user_yaml("authz: {resources: [{name: programs/a-b/projects/c}]}", "u"), InputError);
}

}  // namespace
}  // namespace etl::config
