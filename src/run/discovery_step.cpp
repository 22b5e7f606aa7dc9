#include "run/discovery_step.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "discovery/load.hpp"

namespace etl::run {

std::optional<std::string> DiscoveryStep::skip_reason() const {
  if (auto reason = disabled()) return reason;
  if (gen3::has_commons(context().settings())) return std::nullopt;
  return "no commons is configured (gen3.api_key, gen3.endpoint)";
}

StepReport DiscoveryStep::perform(const config::StudyEntry& study, bool dry_run) {
  discovery::LoadRequest request = discovery::LoadRequest::from(context().settings(), study.project);
  request.dry_run = dry_run;
  const discovery::LoadReport done =
      discovery::load_study(context().commons(), context().study_source(study), request, context().stop());
  discovery::log_findings(done, request);
  StepReport report{.counts = {{"records", done.changed.empty() ? 0U : 1U}, {"subjects", done.study.patients}}};
  if (!done.study.files.empty() && !done.list_too_long)
    report.counts.push_back({"listed_files", done.study.files.size()});
  if (done.changed.empty()) {
    report.outcome = Outcome::unchanged;
  } else {
    report.outcome = dry_run ? Outcome::planned : Outcome::done;
    if (!done.created) report.reason = fmt::format("other {}", fmt::join(done.changed, ", "));
  }
  return report;
}

std::vector<UsedSetting> DiscoveryStep::used(const config::StudyEntry& study) const {
  std::vector<UsedSetting> used;
  used.push_back({"project", study.project.str(), study.origin});
  add_commons(used, context().settings());
  add_setting(used, context().settings(), "discovery.manifest", "list of files");
  return used;
}

}  // namespace etl::run
