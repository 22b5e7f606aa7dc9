#include "run/search_step.hpp"

#include <utility>

#include "base/progress.hpp"
#include "flat/losses.hpp"
#include "run/search_server.hpp"
#include "search/study_load.hpp"

namespace etl::run {

std::optional<std::string> SearchStep::skip_reason() const {
  if (auto reason = disabled()) return reason;
  return no_search_server(context().settings());
}

StepReport SearchStep::perform(const config::StudyEntry& study, bool dry_run) {
  const config::Settings& settings = context().settings();
  search::Server& server = context().search_server();
  search::LoadRequest load = search::LoadRequest::from(settings, server, study.project);
  load.dry_run = dry_run;
  // Dangling references lead nowhere in a document; the steps `validate` and `graph` say which there are.
  simplify::IssueReport issues(
      [](const fhir::Issue& issue, bool warning) {
        if (issue.kind != fhir::IssueKind::dangling) simplify::log_issue(issue, warning);
      },
      true);
  Progress progress(study.name + ": search", std::nullopt);
  const search::StudyLoadReport done = search::load_study(
      server, std::move(load), flat::DocumentsRequest::from(settings, study.project, context().study_options(study)),
      issues,
      {.on_bytes = [&](std::uint64_t bytes) { progress.add(bytes); }, .on_swap = [&] { progress.phase("swapping"); }});

  std::uint64_t before = 0;
  std::uint64_t after = 0;
  for (const search::TypeReport& type : done.load.types) {
    before += type.before;
    after += type.after;
  }
  if (done.load.unchanged) {
    return {.outcome = Outcome::unchanged, .counts = {{"documents", 0}, {"replaced", 0}, {"unchanged", after}}};
  }
  flat::log_losses(done.documents);
  StepReport report{.outcome = dry_run ? Outcome::planned : Outcome::done,
                    .counts = {{"documents", after}, {"replaced", before}, {"unchanged", 0}},
                    .reason = search::new_fields_notice(done.load, dry_run)};
  if (const std::uint64_t lost = flat::sum_of_losses(done.documents); lost > 0) {
    report.counts.push_back({"values_left_out", lost});
  }
  return report;
}

std::vector<UsedSetting> SearchStep::used(const config::StudyEntry& study) const {
  const config::Settings& settings = context().settings();
  std::vector<UsedSetting> used;
  used.push_back({"project", study.project.str(), study.origin});
  add_search_server(used, settings);
  add_setting(used, settings, "search.layout", "layout");
  add_setting(used, settings, "dictionary", "dictionary");
  add_setting(used, settings, "simplify_config", "simplify configuration");
  return used;
}

}  // namespace etl::run
