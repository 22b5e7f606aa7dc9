#include "run/report.hpp"

#include <gtest/gtest.h>

namespace etl::run {
namespace {

StudyReport study(std::vector<StepReport> steps) {
  StudyReport report{.study = "s", .project = {"p", "q"}, .steps = {}};
  for (StepReport& step : steps) report.steps.push_back({"step", std::move(step), {}});
  return report;
}

TEST(Report, AStudyIsWhatItsWorstStepIs) {
  EXPECT_EQ(study({{.outcome = Outcome::skipped}, {.outcome = Outcome::unchanged}}).outcome(), Outcome::unchanged);
  EXPECT_EQ(study({{.outcome = Outcome::unchanged}, {.outcome = Outcome::done}}).outcome(), Outcome::done);
  EXPECT_EQ(
      study({{.outcome = Outcome::done}, {.outcome = Outcome::stopped}, {.outcome = Outcome::not_reached}}).outcome(),
      Outcome::stopped);
  EXPECT_EQ(study({{.outcome = Outcome::done}, {.outcome = Outcome::failed}}).outcome(), Outcome::failed);
}

TEST(Report, TheExitCodeIsTheOneThatIsLeastLikelyToMendItself) {
  EXPECT_EQ(worse(ExitCode::done, ExitCode::unavailable), ExitCode::unavailable);
  EXPECT_EQ(worse(ExitCode::unavailable, ExitCode::locked), ExitCode::locked);
  EXPECT_EQ(worse(ExitCode::invalid_input, ExitCode::partial), ExitCode::invalid_input);
  EXPECT_EQ(worse(ExitCode::not_allowed, ExitCode::invalid_input), ExitCode::not_allowed);
  EXPECT_EQ(worst({study({{.exit = ExitCode::partial}}), study({{.exit = ExitCode::not_allowed}}), study({})}),
            ExitCode::not_allowed);
  EXPECT_EQ(worst({}), ExitCode::done);
}

TEST(Report, CountsInWordsLeaveOutZerosUnlessAllAre) {
  EXPECT_EQ(in_words(std::vector<Count>{{"inserted", 1200}, {"updated", 0}, {"unchanged", 3}}),
            "inserted 1,200, unchanged 3");
  EXPECT_EQ(in_words(std::vector<Count>{{"inserted", 0}, {"updated", 0}}), "inserted 0, updated 0");
  EXPECT_EQ(in_words(std::vector<Count>{}), "");
}

}  // namespace
}  // namespace etl::run
