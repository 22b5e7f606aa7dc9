#include "run/fhir_step.hpp"

#include <utility>

#include "base/progress.hpp"
#include "run/search_server.hpp"
#include "search/fhir_store.hpp"

namespace etl::run {

std::optional<std::string> FhirStep::skip_reason() const {
  if (auto reason = disabled()) return reason;
  return no_search_server(context().settings());
}

StepReport FhirStep::perform(const config::StudyEntry& study, bool dry_run) {
  search::Server& server = context().search_server();
  search::LoadRequest load = search::LoadRequest::from(context().settings(), server, study.project);
  load.dry_run = dry_run;
  Progress progress(study.name + ": fhir", std::nullopt, Progress::Unit::items);
  const search::PutReport done = search::put_study(server, std::move(load), context().study_source(study),
                                                   [&](std::uint64_t more) { progress.add(more); });
  const search::TypeReport& store = done.load.types.front();
  if (done.load.unchanged) {
    return {.outcome = Outcome::unchanged, .counts = {{"resources", 0}, {"replaced", 0}, {"unchanged", store.after}}};
  }
  std::uint64_t resources = 0;
  for (const auto& [type, count] : done.types) resources += count;
  StepReport report{.outcome = dry_run ? Outcome::planned : Outcome::done,
                    .counts = {{"resources", resources}, {"replaced", store.before}, {"unchanged", 0}}};
  if (done.repeated > 0) report.counts.push_back({"repeated", done.repeated});
  return report;
}

std::vector<UsedSetting> FhirStep::used(const config::StudyEntry& study) const {
  std::vector<UsedSetting> used;
  used.push_back({"project", study.project.str(), study.origin});
  add_search_server(used, context().settings());
  return used;
}

}  // namespace etl::run
