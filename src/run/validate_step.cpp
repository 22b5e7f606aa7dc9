#include "run/validate_step.hpp"

#include "base/progress.hpp"
#include "run/journal.hpp"
#include "run/study_mark.hpp"
#include "simplify/check_study.hpp"

namespace etl::run {

StepReport ValidateStep::perform(const config::StudyEntry& study, bool dry_run) {
  const simplify::StudyOptions options = workplace().study_options(study);
  // Taken before it is read: what is written to meanwhile is read again next time.
  const std::string mark = study_mark(options, workplace().settings());
  if (const auto known = Journal::read_valid(workplace().state_dir(), options.path); known && known->mark == mark) {
    return {.outcome = Outcome::unchanged, .counts = {{"resources", known->resources}, {"warnings", known->warnings}}};
  }
  simplify::FaultReport faults(simplify::log_fault, workplace().settings().choice("graph.dangling") == "skip");
  Progress progress(study.name + ": validating", std::nullopt);
  const auto read = simplify::check_study(options, faults, [&](std::uint64_t bytes) { progress.add(bytes); });
  simplify::require_resources(read, faults, options.path);

  StepReport report{
      .counts = {{"resources", read.tally.resources}, {"errors", faults.errors()}, {"warnings", faults.warnings()}}};
  if (faults.errors() > 0) {
    report.outcome = Outcome::failed;
    report.exit = ExitCode::invalid_input;
    report.reason = simplify::in_words(faults);
  } else if (!dry_run) {
    Journal(workplace().state_dir())
        .note_valid(options.path, {.mark = mark, .resources = read.tally.resources, .warnings = faults.warnings()});
  }
  return report;
}

std::vector<UsedSetting> ValidateStep::used(const config::StudyEntry& study) const {
  const config::Settings& settings = workplace().settings();
  std::vector<UsedSetting> used;
  used.push_back({"study", workplace().study_folder(study).string(), settings.get("folder.studies")->origin});
  add_setting(used, settings, "dictionary", "dictionary");
  add_setting(used, settings, "simplify_config", "simplify configuration");
  add_setting(used, settings, "temp_dir", "temporary files");
  return used;
}

}  // namespace etl::run
