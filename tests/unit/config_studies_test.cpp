#include <gmock/gmock.h>

#include "config/study_list.hpp"
#include "config_fixture.hpp"

namespace etl::config {
namespace {

using StudiesTest = ConfigTest;

TEST_F(StudiesTest, a_study_is_its_name_and_what_differs) {
  const auto file = put("etl.yaml",
                        "program: aced\n"
                        "studies:\n"
                        "  - name: Lung_Cancer\n"
                        "  - name: Diabetes-2\n"
                        "    project: Diabetes\n"
                        "    bucket: aced-ucl-staging\n"
                        "    source: studies/diabetes/\n"
                        "    enabled: No\n"
                        "  - {name: other, project: ohsu-my-study, bucket: , source: ''}\n");
  const Settings settings = loaded();
  const auto& studies = settings.studies();
  ASSERT_EQ(studies.size(), 3U);
  EXPECT_EQ(studies[0].name, "Lung_Cancer");
  EXPECT_EQ(studies[0].project, (ProjectId{"aced", "Lung_Cancer"}));
  EXPECT_EQ(studies[0].bucket, std::nullopt);
  EXPECT_EQ(studies[0].source, std::nullopt);
  EXPECT_TRUE(studies[0].enabled);
  EXPECT_EQ(studies[0].origin, file.string() + ":3");
  EXPECT_EQ(studies[1].project, (ProjectId{"aced", "Diabetes"}));
  EXPECT_EQ(studies[1].bucket, "aced-ucl-staging");
  EXPECT_EQ(studies[1].source, "studies/diabetes/");
  EXPECT_FALSE(studies[1].enabled);
  EXPECT_EQ(studies[1].origin, file.string() + ":4");
  EXPECT_EQ(studies[2].project, (ProjectId{"ohsu", "my-study"}));
  EXPECT_EQ(studies[2].bucket, std::nullopt);
  EXPECT_EQ(studies[2].source, std::nullopt);
}

TEST_F(StudiesTest, the_program_is_a_setting_like_others) {
  put("etl.yaml", "studies: [{name: A}]\nprogram: file\n");
  EXPECT_EQ(loaded().studies().at(0).project.str(), "file-A");
  environment_["ACED_ETL_PROGRAM"] = "environment";
  EXPECT_EQ(loaded().studies().at(0).project.str(), "environment-A");
  Settings settings;
  settings.set("program", "flag", "flag --program");
  settings.load(environment());
  EXPECT_EQ(settings.studies().at(0).project.str(), "flag-A");
}

TEST_F(StudiesTest, the_environment_is_in_a_study_s_values_too) {
  environment_["STAGE"] = "staging";
  put("etl.yaml",
      "studies:\n- name: A\n  project: ${PROGRAM:-aced}-A\n  bucket: aced-${STAGE}\n  enabled: ${ON:-no}\n");
  const StudyEntry study = loaded().studies().at(0);
  EXPECT_EQ(study.project.str(), "aced-A");
  EXPECT_EQ(study.bucket, "aced-staging");
  EXPECT_FALSE(study.enabled);
}

TEST_F(StudiesTest, there_may_be_none) {
  for (const char* text : {"", "threads: 2\n", "studies:\n", "studies: []\n", "program: aced\nstudies: ~\n"}) {
    put("etl.yaml", text);
    EXPECT_TRUE(loaded().studies().empty()) << text;
  }
}

TEST_F(StudiesTest, a_disabled_study_does_not_hold_its_project) {
  put("etl.yaml", "program: aced\nstudies:\n- {name: A}\n- {name: B, project: A, enabled: false}\n");
  EXPECT_EQ(loaded().studies().size(), 2U);
}

struct Wrong {
  const char* text;
  int line;
  const char* says;
};

TEST_F(StudiesTest, what_a_study_should_not_hold_is_named_by_file_and_line) {
  for (const Wrong& wrong : {
           Wrong{"studies:\n- name: A\n  buckt: b\n", 3, "no key `buckt`"},
           Wrong{"studies:\n- name: A\n  name: B\n", 3, "`name` is set twice, for the first time on line 2"},
           Wrong{"studies:\n- name: A\n  ? [x]\n  : y\n", 3, "the key of a study must be a text"},
           Wrong{"studies:\n- project: p-A\n", 2, "a study has no `name`"},
           Wrong{"studies:\n- name:\n  project: p-A\n", 2, "a study has no `name`"},
           Wrong{"studies:\n- name: ''\n", 2, "a study has no `name`"},
           Wrong{"studies:\n- name: [A]\n", 2, "`name` takes a single value"},
           Wrong{"studies:\n- name: A\n  bucket: {a: b}\n", 3, "`bucket` takes a single value"},
           Wrong{"studies:\n- A\n", 2, "a study must be a map"},
           Wrong{"studies:\n- name: A\n  project: p-A\n-\n", 1, "entry 2 of `studies` is empty"},
           Wrong{"threads: 2\nstudies: A\n", 2, "`studies` must be a list"},
           Wrong{"studies:\n  A: {}\n", 1, "`studies` must be a list"},
           Wrong{"studies:\nstudies:\n", 2, "`studies` is set twice, for the first time on line 1"},
           Wrong{"program: p\nstudies:\n- name: A\n- name: B\n- name: A\n  project: C\n", 5, "`A` is listed twice"},
           Wrong{"program: p\nstudies:\n- name: A\n- name: B\n  project: p-A\n", 4, "the same project, p-A"},
           Wrong{"studies:\n- name: A\n", 2, "no program is set"},
           Wrong{"studies:\n- name: A\n  project: A\n", 3, "no program is set"},
           Wrong{"program: a-b\nstudies:\n- name: A\n", 1, "`a-b` is not a program"},
           Wrong{"studies:\n- name: A\n  project: -A\n", 3, "'-A' is not a project id"},
           Wrong{"program: p\nstudies:\n- name: my study\n", 3, "a character that is not allowed"},
           Wrong{"studies:\n- name: A\n  bucket: ${NOWHERE}\n", 3, "the environment variable NOWHERE is not set"},
           Wrong{"studies:\n- name: A\n  project: p-A\n  enabled: maybe\n", 4, "`enabled` must be yes or no"},
       }) {
    const auto file = put("etl.yaml", wrong.text);
    try {
      (void)loaded();
      ADD_FAILURE() << wrong.text;
    } catch (const UsageError& error) {
      EXPECT_EQ(error.where(), file.string() + ":" + std::to_string(wrong.line)) << wrong.text << error.what();
      EXPECT_THAT(error.what(), testing::HasSubstr(wrong.says));
    }
  }
}

TEST_F(StudiesTest, a_mistyped_key_gets_the_nearest_one) {
  for (const auto& [text, meant] : {std::pair{"studies:\n- name: A\n  bukcet: b\n", "did you mean `bucket`?"},
                                    {"studies:\n- name: A\n  zzz: b\n", "the keys are name, project, bucket"},
                                    {"studis:\n- name: A\n", "did you mean `studies`?"},
                                    {"limits:\n  pul_jobs: 2\n", "did you mean `limits.pull_jobs`?"}}) {
    put("etl.yaml", text);
    try {
      (void)loaded();
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.hint(), testing::HasSubstr(meant)) << text;
    }
  }
}

RawStudyEntry written(const std::string& name) {
  return {.name = {name, "here:1"},
          .project = {},
          .bucket = {},
          .source = {},
          .output = {},
          .enabled = {},
          .skip = {},
          .exclude = {},
          .transform_ids = {},
          .origin = "here:1"};
}

TEST(Studies, a_name_is_no_path) {
  const Value program{"aced", "here:0"};
  for (const char* name : {"../x", "a/b", "/a", ".", "..", ".aced-etl-pull", "a\\b", "a\nb"}) {
    EXPECT_THROW((void)resolve_studies({written(name)}, program), UsageError) << name;
  }
  EXPECT_THROW((void)resolve_studies({written(std::string(256, 'a'))}, program), UsageError);
  EXPECT_THROW((void)resolve_studies({written(std::string("a\0b", 3))}, program), UsageError);
  EXPECT_EQ(resolve_studies({written("my.study-2")}, program).at(0).project.str(), "aced-my.study-2");
}

TEST(Studies, a_bucket_has_a_bucket_s_name) {
  RawStudyEntry study = written("A");
  const auto bucket = [&](const std::string& name) {
    study.bucket = Value{name, "here:2"};
    return resolve_studies({study}, Value{"aced", "here:0"}).at(0).bucket;
  };
  for (const char* name : {"s3://aced-ucl", "aced-ucl/x", "ab", "Aced", "aced_ucl", "-aced", "aced.", "a..b", "a b"}) {
    EXPECT_THROW((void)bucket(name), UsageError) << name;
  }
  EXPECT_THROW((void)bucket(std::string(64, 'a')), UsageError);
  EXPECT_EQ(bucket("aced.ucl-2"), "aced.ucl-2");
}

TEST(Studies, a_source_is_a_prefix) {
  RawStudyEntry study = written("A");
  const auto source = [&](const std::string& prefix) {
    study.source = Value{prefix, "here:2"};
    return resolve_studies({study}, Value{"aced", "here:0"}).at(0).source;
  };
  for (const char* prefix :
       {"/studies/A", "s3://b/A", "studies//A", "../A", "studies/./A", "studies\\A", "/", "a\tb"}) {
    EXPECT_THROW((void)source(prefix), UsageError) << prefix;
  }
  EXPECT_EQ(source("studies/A"), "studies/A");
  EXPECT_EQ(source("A/"), "A/");
}

}  // namespace
}  // namespace etl::config
