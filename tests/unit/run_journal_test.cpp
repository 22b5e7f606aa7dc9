#include "run/journal.hpp"

#include <gtest/gtest.h>

#include "fhir_fixture.hpp"

namespace etl::run {
namespace {

using namespace std::chrono_literals;

struct RunJournal : testing::Test {
  fhir::TempFolder folder;
};

TEST_F(RunJournal, KnowsAStudyThatWasValidByItsMark) {
  const auto state = folder.path() / "state";
  EXPECT_FALSE(Journal::read_valid(state, "/studies/a"));
  EXPECT_FALSE(std::filesystem::exists(state)) << "who only asks makes no journal";
  Journal(state).note_valid("/studies/a", {.mark = "m1", .resources = 7, .warnings = 2});
  Journal(state).note_valid("/studies/a", {.mark = "m2", .resources = 8, .warnings = 0});
  const auto known = Journal::read_valid(state, "/studies/a");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->mark, "m2");
  EXPECT_EQ(known->resources, 8U);
  EXPECT_FALSE(Journal::read_valid(state, "/studies/b"));
}

TEST_F(RunJournal, ARunThatDidNotComeToItsEndDoesNotCount) {
  Journal journal(folder.path() / "state");
  EXPECT_FALSE(journal.last_begin("all"));
  journal.note_begin("all", Journal::Time(100s));
  EXPECT_FALSE(journal.last_begin("all"));
  journal.note_end("all");
  EXPECT_EQ(journal.last_begin("all"), Journal::Time(100s));
  EXPECT_FALSE(journal.last_begin("a\nb"));
  journal.note_begin("all", Journal::Time(200s));
  EXPECT_FALSE(journal.last_begin("all"));
}

}  // namespace
}  // namespace etl::run
