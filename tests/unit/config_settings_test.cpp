#include "config/settings.hpp"

#include "config_fixture.hpp"

namespace etl::config {
namespace {

using SettingsTest = ConfigTest;

TEST_F(SettingsTest, flag_before_environment_before_file_before_default) {
  const auto file = put("etl.yaml", "temp_dir: /from-file\nthreads: 3\ndictionary: from-file\n");
  EXPECT_EQ(loaded().get("temp_dir")->text, "/from-file");
  EXPECT_EQ(loaded().get("temp_dir")->origin, file.string() + ":1");
  EXPECT_EQ(loaded().number("threads"), 3U);

  environment_["TMPDIR"] = "/from-environment";
  EXPECT_EQ(loaded().get("temp_dir")->text, "/from-environment");
  EXPECT_EQ(loaded().get("temp_dir")->origin, "environment TMPDIR");

  Settings settings;
  settings.set("temp_dir", "/from-flag", "flag --temp-dir");
  settings.load(environment());
  EXPECT_EQ(settings.get("temp_dir")->text, "/from-flag");
  EXPECT_EQ(settings.layer_of("temp_dir"), Layer::flag);

  std::filesystem::remove(file);
  environment_.erase("TMPDIR");
  EXPECT_EQ(loaded().get("temp_dir")->text, "/tmp");
  EXPECT_EQ(loaded().get("temp_dir")->origin, "default");
  EXPECT_FALSE(loaded().get("dictionary"));
}

TEST_F(SettingsTest, an_empty_variable_is_not_set) {
  environment_["TMPDIR"] = "";
  EXPECT_EQ(loaded().get("temp_dir")->text, "/tmp");
}

TEST_F(SettingsTest, defaults_follow_creds_and_cores) {
  EXPECT_EQ(loaded().get("user_yaml")->text, (creds_ / "user.yaml").string());
  EXPECT_GE(loaded().number("threads"), 1U);
}

TEST_F(SettingsTest, a_missing_value_names_every_way_to_set_it) {
  try {
    (void)loaded().require("dictionary");
    FAIL();
  } catch (const UsageError& error) {
    for (const char* way : {"--dictionary", "$DICTIONARY_URL", "`dictionary` in etl.yaml"}) {
      EXPECT_NE(error.hint().find(way), std::string::npos) << error.hint();
    }
  }
}

TEST_F(SettingsTest, a_number_is_a_whole_one_and_the_error_says_where_it_came_from) {
  for (const char* text : {"0", "-1", "2.5", "four", "4 ", "99999999999"}) {
    environment_["ACED_ETL_THREADS"] = text;
    try {
      (void)loaded().number("threads");
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_EQ(error.where(), "environment ACED_ETL_THREADS");
    }
  }
}

TEST_F(SettingsTest, a_number_may_have_a_largest) {
  environment_["ACED_ETL_PULL_JOBS"] = "64";
  EXPECT_EQ(loaded().number("limits.pull_jobs"), 64U);
  environment_["ACED_ETL_PULL_JOBS"] = "65";
  try {
    (void)loaded().number("limits.pull_jobs");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "`limits.pull_jobs` must be a whole number from 1 to 64, not 65");
  }
}

TEST_F(SettingsTest, a_flag_is_yes_or_no) {
  EXPECT_TRUE(loaded().flag("destinations.graph"));
  EXPECT_FALSE(loaded().flag("graph.prune"));
  for (const auto& [text, value] : {std::pair{"yes", true}, {"TRUE", true}, {"No", false}, {"false", false}}) {
    put("etl.yaml", std::string("graph: {prune: ") + text + "}\n");
    EXPECT_EQ(loaded().flag("graph.prune"), value) << text;
  }
  for (const char* text : {"1", "on", "y", "yes please"}) {
    const auto file = put("etl.yaml", std::string("graph:\n  prune: ") + text + "\n");
    try {
      (void)loaded().flag("graph.prune");
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_EQ(error.where(), file.string() + ":2");
    }
  }
}

TEST_F(SettingsTest, a_choice_is_one_of_the_words) {
  EXPECT_EQ(loaded().choice("graph.dangling"), "error");
  environment_["ACED_ETL_GRAPH_DANGLING"] = "skip";
  EXPECT_EQ(loaded().choice("graph.dangling"), "skip");
  environment_["ACED_ETL_GRAPH_DANGLING"] = "keep";
  try {
    (void)loaded().choice("graph.dangling");
    ADD_FAILURE();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "`graph.dangling` must be one of error, skip, not keep");
    EXPECT_EQ(error.where(), "environment ACED_ETL_GRAPH_DANGLING");
  }
  EXPECT_TRUE(choices("TEXT").empty());
  EXPECT_TRUE(choices("YES|NO").empty());
}

TEST_F(SettingsTest, bytes_have_units) {
  EXPECT_EQ(loaded().bytes("limits.bandwidth"), 0U);
  for (const auto& [text, value] : {std::pair<const char*, std::uint64_t>{"0", 0},
                                    {"17", 17},
                                    {"17b", 17},
                                    {"500kB", 500'000},
                                    {"10 MB", 10'000'000},
                                    {"10m", 10'000'000},
                                    {"64MiB", 64U << 20U},
                                    {"1Gi", 1U << 30U},
                                    {"18EB", 18'000'000'000'000'000'000U}}) {
    environment_["ACED_ETL_BANDWIDTH"] = text;
    EXPECT_EQ(loaded().bytes("limits.bandwidth"), value) << text;
  }
  for (const char* text : {"fast", "-1", "1.5MB", "10MBps", "10XB", "10iB", "19EB", "MB", "99999999999999999999"}) {
    environment_["ACED_ETL_BANDWIDTH"] = text;
    try {
      (void)loaded().bytes("limits.bandwidth");
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_EQ(error.where(), "environment ACED_ETL_BANDWIDTH");
    }
  }
}

TEST_F(SettingsTest, a_named_etl_yaml_must_be_there) {
  environment_["ACED_ETL_YAML"] = (creds_ / "none.yaml").string();
  EXPECT_THROW(loaded(), UsageError);
}

TEST_F(SettingsTest, etl_yaml_takes_the_environment) {
  put("etl.yaml", "dictionary: ${BASE}/d.json\ntemp_dir: ${UNSET:-/scratch}\nsimplify_config: $${literal}$x\n");
  environment_["BASE"] = "https://commons.example.org";
  EXPECT_EQ(loaded().get("dictionary")->text, "https://commons.example.org/d.json");
  EXPECT_EQ(loaded().get("temp_dir")->text, "/scratch");
  EXPECT_EQ(loaded().get("simplify_config")->text, "${literal}$x");
}

TEST_F(SettingsTest, etl_yaml_may_be_empty_and_leave_keys_empty) {
  put("etl.yaml", "# nothing yet\n");
  EXPECT_NO_THROW(loaded());
  put("etl.yaml", "dictionary:\ndatabase:\nthreads: 2\n");
  EXPECT_FALSE(loaded().get("dictionary"));
  EXPECT_EQ(loaded().number("threads"), 2U);
}

struct Wrong {
  const char* text;
  int line;
  const char* says;
};

TEST_F(SettingsTest, what_etl_yaml_should_not_hold_is_named_by_file_and_line) {
  for (const Wrong& wrong :
       {Wrong{"threads: 2\ndictionry: x\n", 2, "there is no setting `dictionry`"},
        Wrong{"database:\n  host: a\n  hots: b\n", 3, "there is no setting `database.hots`"},
        Wrong{"etl_yaml: other\n", 1, "there is no setting `etl_yaml`"},
        Wrong{"threads: 2\nthreads: 3\n", 2, "`threads` is set twice, for the first time on line 1"},
        Wrong{"threads: [2]\n", 1, "takes a single value"}, Wrong{"threads:\n  a: 2\n", 1, "takes a single value"},
        Wrong{"\ndatabase: here\n", 2, "must be a map of settings"},
        Wrong{"- threads\n", 1, "etl.yaml must be a map of settings"},
        Wrong{"threads: 2\ndictionary: ${NOWHERE}\n", 2, "the environment variable NOWHERE is not set"},
        Wrong{"dictionary: ${OPEN\n", 1, "without `}`"}, Wrong{"threads: 2\ntemp_dir: a: b\n", 2, "not YAML"},
        Wrong{"threads: 2\n---\nthreads: 3\n", 2, "a second YAML document"}}) {
    const auto file = put("etl.yaml", wrong.text);
    try {
      (void)loaded();
      ADD_FAILURE() << wrong.text;
    } catch (const UsageError& error) {
      EXPECT_EQ(error.where(), file.string() + ":" + std::to_string(wrong.line)) << wrong.text << error.what();
      EXPECT_NE(std::string(error.what()).find(wrong.says), std::string::npos) << error.what();
    }
  }
}

TEST_F(SettingsTest, a_mistyped_key_gets_the_nearest_one) {
  put("etl.yaml", "database:\n  pasword: x\n");
  try {
    (void)loaded();
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(error.hint().find("`database.password`"), std::string::npos) << error.hint();
  }
}

TEST(Settings, only_keys_of_the_table_can_be_set) {
  Settings settings;
  EXPECT_THROW(settings.set("no.such", "x", "flag"), InternalError);
  EXPECT_THROW(settings.set("dictionary", "", "flag --dictionary"), UsageError);
}

TEST(Settings, shown_hides_secrets_and_what_addresses_carry) {
  EXPECT_EQ(shown({"geheim", "", true}), "***");
  EXPECT_EQ(shown({"plain?text@here", "", false}), "plain?text@here");
  EXPECT_EQ(shown({"https://h.org/a?X-Amz-Signature=1", "", false}), "https://h.org/a?***");
  EXPECT_EQ(shown({"https://u:p@h.org/a@b", "", false}), "https://***@b");
  EXPECT_EQ(shown({"https://u:p@ss@h.org?q", "", false}), "https://***@h.org?***");
  EXPECT_EQ(shown({"host=a password=b", "", false}), "***");
}

}  // namespace
}  // namespace etl::config
