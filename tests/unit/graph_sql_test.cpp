#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/connection/sql_error.hpp"
#include "graph/connection/sql_quote.hpp"
#include "graph/schema/names.hpp"

namespace etl::graph {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SqlQuote, NamesAreQuotedWhenTheyMust) {
  EXPECT_EQ(quote_name("node_patient"), "node_patient");
  EXPECT_EQ(quote_name("edge_2f63b67b_doreDosuPaspa"), "\"edge_2f63b67b_doreDosuPaspa\"");
  EXPECT_EQ(quote_name("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_name("1a"), "\"1a\"");
  EXPECT_EQ(quote_name(""), "\"\"");
  EXPECT_EQ(quote_any_name("user"), "\"user\"");
}

TEST(SqlQuote, TextsAndArraysSurviveTheirOwnQuotes) {
  EXPECT_EQ(quote_text("it's"), "'it''s'");
  EXPECT_EQ(quote_text("a\\b"), " E'a\\\\b'");
  const std::vector<std::string> items = {"a", "b\"c\\d", "e,f"};
  EXPECT_EQ(text_array(items), R"({"a","b\"c\\d","e,f"})");
  EXPECT_EQ(text_array({}), "{}");
}

TEST(Names, IndexesOnKeys) {
  EXPECT_EQ(key_index_name("project", "code"), "index_node_project_code");
  EXPECT_EQ(key_index_name("project", "code_lower"), "index_node_project_code_lower");
  EXPECT_EQ(key_index_name("core_metadata_collection", "project_id_submitter_id_uniq"),
            "index_96ca7c76_coremetacoll_project_id_submitte_id_un");
  EXPECT_EQ(node_key_name("research_study"), "_researchstudy_id_uc");
}

ExitCode code_of(const std::string& sqlstate, const std::string& message = "m") {
  try {
    raise({.sqlstate = sqlstate,
           .message = message,
           .detail = {},
           .hint = {},
           .context = {},
           .table = {},
           .column = {},
           .constraint = {}},
          "database d");
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "database d");
    return error.code();
  }
}

TEST(SqlError, EveryFamilyHasItsExitCode) {
  EXPECT_EQ(code_of(""), ExitCode::unavailable);
  EXPECT_EQ(code_of("08006"), ExitCode::unavailable);
  EXPECT_EQ(code_of("28P01"), ExitCode::not_allowed);
  EXPECT_EQ(code_of("42501"), ExitCode::not_allowed);
  EXPECT_EQ(code_of("3D000"), ExitCode::refused);
  EXPECT_EQ(code_of("42P01"), ExitCode::refused);
  EXPECT_EQ(code_of("23503"), ExitCode::refused);
  EXPECT_EQ(code_of("22P02"), ExitCode::invalid_input);
  EXPECT_EQ(code_of("53100"), ExitCode::exhausted);
  EXPECT_EQ(code_of("53300"), ExitCode::unavailable);
  EXPECT_EQ(code_of("57P01"), ExitCode::unavailable);
  EXPECT_EQ(code_of("40001"), ExitCode::unavailable);
  EXPECT_EQ(code_of("40P01"), ExitCode::unavailable);
  EXPECT_EQ(code_of("55P03"), ExitCode::locked);
  EXPECT_EQ(code_of("25006"), ExitCode::refused);
  EXPECT_EQ(code_of("42601"), ExitCode::internal);
}

TEST(SqlError, LimitsThatNoSessionCanLiftAreRefusals) {
  EXPECT_EQ(code_of("08P01", "query timeout"), ExitCode::refused);
  EXPECT_EQ(code_of("08P01", "idle transaction timeout"), ExitCode::refused);
  EXPECT_EQ(code_of("08P01", "transaction blocks not allowed in statement pooling mode"), ExitCode::refused);
  EXPECT_EQ(code_of("08P01", "unsupported startup parameter: options"), ExitCode::refused);
  EXPECT_EQ(code_of("08P01", "query_wait_timeout"), ExitCode::unavailable);
  EXPECT_EQ(code_of("57014", "canceling statement due to statement timeout"), ExitCode::refused);
  EXPECT_EQ(code_of("57014", "canceling statement due to user request"), ExitCode::unavailable);
  EXPECT_EQ(code_of("25P03", "terminating connection due to idle-in-transaction timeout"), ExitCode::refused);
  EXPECT_EQ(code_of("22P05", "character has no equivalent in encoding LATIN1"), ExitCode::refused);
  EXPECT_EQ(code_of("23505"), ExitCode::refused);
}

TEST(SqlError, TellsWhatTheServerTold) {
  ServerMessage said;
  said.sqlstate = "23505";
  said.message = "duplicate key";
  said.detail = "Key (node_id)=(a) already exists.";
  said.table = "node_patient";
  said.constraint = "_patient_id_uc";
  try {
    raise(said, "database d");
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("duplicate key; Key (node_id)=(a) already exists."));
    EXPECT_THAT(error.what(), HasSubstr("(table node_patient, constraint _patient_id_uc)"));
  }
}

TEST(SqlError, AFailedConnectionIsReadFromItsText) {
  try {
    raise_connect_failure(
        "connection to server at \"127.0.0.1\", port 1 failed: FATAL:  28P01: password authentication "
        "failed for user \"x\"\nLOCATION:  auth_failed, auth.c:338\n",
        false, "database d");
  } catch (const NotAllowedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("password authentication failed"));
    EXPECT_THAT(error.what(), Not(HasSubstr("LOCATION")));
  }
  EXPECT_THROW(raise_connect_failure("FATAL:  3D000: database \"x\" does not exist", false, ""), RefusedError);
  EXPECT_THROW(raise_connect_failure("FATAL:  53300: sorry, too many clients already", false, ""), UnavailableError);
  EXPECT_THROW(raise_connect_failure("fe_sendauth: no password supplied", true, ""), NotAllowedError);
  EXPECT_THROW(raise_connect_failure("invalid sslmode value: \"x\"", false, ""), UsageError);
  EXPECT_THROW(raise_connect_failure("could not translate host name", false, ""), UnavailableError);
}

}  // namespace
}  // namespace etl::graph
