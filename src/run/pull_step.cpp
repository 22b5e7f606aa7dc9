#include "run/pull_step.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "studies/pull_settings.hpp"
#include "studies/source.hpp"

namespace etl::run {
namespace {

void tell(const char* what, const std::vector<studies::PullFailure>& failures) {
  for (const auto& failure : failures) log::error("{}: {}: {}", failure.key, what, failure.reason);
}

}  // namespace

std::optional<std::string> PullStep::skip_reason() const {
  if (context().settings().get("source.bucket")) return std::nullopt;
  return "source.bucket is not set: the mounted folders are used";
}

StepReport PullStep::perform(const config::StudyEntry& study, bool dry_run) {
  const config::Settings& settings = context().settings();
  auto options = studies::pull_options(settings);
  if (!options) return {.outcome = Outcome::skipped};
  options->studies = {study.name};
  options->dry_run = dry_run;
  options->remove_gone = settings.flag("source.delete");
  options->spare_emptied = true;  // nobody sees the number first
  const auto removal_is_wanted = [](std::uint64_t, std::uint64_t) { return true; };
  const auto done = studies::pull(*options, studies::source_profile(settings, {}), context().stop(), removal_is_wanted);
  tell("failed", done.failed);
  tell("refused", done.refused);
  if (done.ended) {
    if (!dry_run) earlier_.add(study.name, done.fetched, done.fetched_bytes);
    std::rethrow_exception(done.ended);
  }

  const std::uint64_t earlier = earlier_.files(study.name);
  const std::uint64_t kept = done.unchanged + done.adopted;
  StepReport report{.counts = {{"files", done.fetched + earlier},
                               {"bytes", done.fetched_bytes + earlier_.bytes(study.name)},
                               {"unchanged", kept - std::min(kept, earlier)},
                               {"removed", done.removed},
                               {"kept", done.kept}}};
  if (done.excluded > 0) report.counts.push_back({"excluded", done.excluded});
  report.outcome = done.fetched + earlier + done.removed == 0 ? Outcome::unchanged
                   : dry_run                                  ? Outcome::planned
                                                              : Outcome::done;
  // A study that is here in part must not be loaded as if it were whole.
  if (!done.failed.empty() || !done.refused.empty()) {
    report.outcome = Outcome::failed;
    report.exit = ExitCode::partial;
    report.reason =
        fmt::format("{} failed, {} refused", counted(done.failed.size(), "object"), human_count(done.refused.size()));
  }
  return report;
}

std::vector<Count> PullStep::done_in_vain(const config::StudyEntry& study) const {
  return {{"files", earlier_.files(study.name)}, {"bytes", earlier_.bytes(study.name)}};
}

std::vector<UsedSetting> PullStep::used(const config::StudyEntry& study) const {
  const config::Settings& settings = context().settings();
  std::vector<UsedSetting> used;
  add_setting(used, settings, "source.bucket", "source bucket");
  add_setting(used, settings, "source.path", "path");
  if (study.source) used.push_back({"prefix", *study.source, study.origin});
  try {
    const s3::Profile profile = studies::source_profile(settings, {});
    const auto name = settings.get("source.profile");
    used.push_back({"AWS profile", profile.name, name ? name->origin : "default"});
    used.push_back({"key", "***", profile.credentials.origin()});
    if (profile.endpoint_url) used.push_back({"S3 service", profile.endpoint_url->text, profile.endpoint_url->origin});
    used.push_back({"region", profile.region.text, profile.region.origin});
  } catch (const Error&) {  // the step's own error is about this
    add_setting(used, settings, "source.profile", "AWS profile");
  }
  add_setting(used, settings, "folder.studies", "folder of studies");
  return used;
}

}  // namespace etl::run
