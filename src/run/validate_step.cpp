#include "run/validate_step.hpp"

#include "base/progress.hpp"
#include "run/journal.hpp"
#include "run/study_mark.hpp"
#include "simplify/check_study.hpp"

namespace etl::run {

StepReport ValidateStep::perform(const config::StudyEntry& study, bool dry_run) {
  const simplify::StudyOptions options = context().study_options(study);
  // Taken before it is read: what is written to meanwhile is read again next time.
  const std::string mark = study_mark(options, context().settings());
  if (const auto known = Journal::read_valid(context().state_dir(), options.path); known && known->mark == mark) {
    return {.outcome = Outcome::unchanged, .counts = {{"resources", known->resources}, {"warnings", known->warnings}}};
  }
  simplify::IssueReport issues(simplify::log_issue, context().settings().choice("graph.dangling") == "skip");
  Progress progress(study.name + ": validating", std::nullopt);
  const auto read = simplify::check_study(options, issues, [&](std::uint64_t bytes) { progress.add(bytes); });
  simplify::require_resources(read, issues, options.path);

  StepReport report{
      .counts = {{"resources", read.tally.resources}, {"errors", issues.errors()}, {"warnings", issues.warnings()}}};
  if (issues.errors() > 0) {
    report.outcome = Outcome::failed;
    report.exit = ExitCode::invalid_input;
    report.reason = simplify::in_words(issues);
  } else if (!dry_run) {
    Journal(context().state_dir())
        .note_valid(options.path, {.mark = mark, .resources = read.tally.resources, .warnings = issues.warnings()});
  }
  return report;
}

std::vector<UsedSetting> ValidateStep::used(const config::StudyEntry& study) const {
  const config::Settings& settings = context().settings();
  std::vector<UsedSetting> used;
  used.push_back({"study", context().study_folder(study).string(), settings.get("folder.studies")->origin});
  add_setting(used, settings, "dictionary", "dictionary");
  add_setting(used, settings, "simplify_config", "simplify configuration");
  add_setting(used, settings, "temp_dir", "temporary files");
  return used;
}

}  // namespace etl::run
