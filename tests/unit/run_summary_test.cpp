#include "run/summary.hpp"

#include <gtest/gtest.h>

namespace etl::run {
namespace {

StudyReport study(const std::string& name, std::vector<StepLine> steps) {
  StudyReport report{.study = name, .project = {"p", name}, .steps = std::move(steps)};
  for (StepLine& line : report.steps) {
    if (line.report.outcome == Outcome::failed) line.cause = cause_key(report, line.step, line.report);
  }
  return report;
}

StepLine line(std::string_view step, StepReport report) { return {.step = step, .report = std::move(report)}; }

StepReport failed(const std::string& reason) {
  return {.outcome = Outcome::failed, .counts = {}, .reason = reason, .exit = ExitCode::usage};
}

TEST(Summary, counts_what_changed_and_what_failed) {
  const auto sent = study(
      "A", {line("graph", {.outcome = Outcome::done, .counts = {{"inserted", 1'200}, {"unchanged", 5}}}),
            line("files", {.outcome = Outcome::failed, .counts = {{"files", 2}, {"bytes", 3'000}, {"failed", 1}}})});
  const auto same = study("B", {line("validate", {.outcome = Outcome::done, .counts = {{"resources", 9}}}),
                                line("graph", {.outcome = Outcome::unchanged, .counts = {{"unchanged", 5}}})});
  EXPECT_EQ(summary({sent, same}, false),
            "2 studies: 1 unchanged, 1 failed; inserted 1,200 rows, sent 2 files (3.0 kB), 1 file failed");
  EXPECT_EQ(summary({same}, false), "1 study: 1 unchanged; nothing changed");
  EXPECT_EQ(summary({}, false), "0 studies; nothing changed");
}

TEST(Summary, a_dry_run_says_what_it_does_not_know) {
  const auto one = study("A", {line("pull", {.outcome = Outcome::planned, .counts = {{"files", 3}, {"bytes", 7}}}),
                               line("graph", {.outcome = Outcome::skipped, .not_known = true})});
  EXPECT_EQ(
      summary({one}, true),
      "1 study: 1 would change; would pull 3 files (7 B); for 1 study the later steps are known only after the pull");
}

TEST(Summary, a_cause_is_the_same_whatever_the_study_is_called) {
  const std::vector<StudyReport> studies{study("Lung", {line("pull", failed("nothing is there (s3://b/Lung/)"))}),
                                         study("Heart", {line("pull", failed("nothing is there (s3://b/Heart/)"))}),
                                         study("Eye", {line("pull", failed("no such bucket"))}),
                                         study("Ear", {line("graph", failed("no such bucket"))})};
  const auto causes = causes_of(studies);
  ASSERT_EQ(causes.size(), 3U);
  EXPECT_EQ(causes[0].studies, (std::vector<std::string>{"Lung", "Heart"}));
  EXPECT_EQ(causes[0].reason, "nothing is there (s3://b/Lung/)");
  EXPECT_EQ(causes[2].step, "graph");
}

TEST(Summary, faults_of_two_studies_are_two_causes) {
  const auto invalid = [](const std::string& name) {
    StepReport report = failed("1 issue: 1 json");
    report.exit = ExitCode::invalid_input;
    return study(name, {line("validate", report)});
  };
  EXPECT_EQ(causes_of({invalid("Lung"), invalid("Heart")}).size(), 2U);
}

TEST(Summary, a_name_within_a_word_is_not_the_study) {
  const auto a = study("a", {line("pull", failed("a bad thing"))});
  const auto bad = study("b", {line("pull", failed("b bad thing"))});
  EXPECT_EQ(a.steps[0].cause, bad.steps[0].cause);
}

}  // namespace
}  // namespace etl::run
