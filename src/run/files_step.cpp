#include "run/files_step.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.hpp"
#include "documents/locator.hpp"
#include "documents/places.hpp"
#include "files/file_log.hpp"
#include "files/state_files.hpp"
#include "files/watched_load.hpp"

namespace etl::run {
namespace {

using FileOutcome = files::Outcome;

std::uint64_t files_sent(const files::LoadTally& tally) {
  return tally[FileOutcome::loaded].files + tally[FileOutcome::replaced].files;
}
std::uint64_t bytes_sent(const files::LoadTally& tally) {
  return tally[FileOutcome::loaded].bytes + tally[FileOutcome::replaced].bytes;
}

/// `earlier`: what tries before this one sent of the study `name`, and this one found unchanged.
StepReport report_of(const files::LoadTally& tally, const files::StudyTally& study, bool dry_run,
                     const EarlierTries& earlier, const std::string& name) {
  const std::uint64_t earlier_files = earlier.files(name);
  const std::uint64_t replaced = tally[FileOutcome::replaced].files + earlier.replaced(name);
  const std::uint64_t sent = files_sent(tally) + earlier_files;
  const std::uint64_t kept = tally[FileOutcome::unchanged].files + tally[FileOutcome::adopted].files;
  const std::uint64_t failed = tally[FileOutcome::failed].files + study.problems;
  StepReport report{.counts = {{"files", sent},
                               {"bytes", bytes_sent(tally) + earlier.bytes(name)},
                               {"unchanged", kept - std::min(kept, earlier_files)},
                               {"failed", failed}}};
  if (replaced > 0) report.counts.push_back({"replaced", replaced});
  if (tally.seen > 0) report.counts.push_back({"seen", tally.seen});
  if (tally.gone > 0) report.counts.push_back({"gone", tally.gone});
  for (const auto& [kind, count] : files::without_file(study)) report.counts.push_back({kind, count});
  report.outcome = sent == 0 ? Outcome::unchanged : dry_run ? Outcome::planned : Outcome::done;
  if (failed > 0) {
    report.outcome = Outcome::failed;
    report.exit = ExitCode::partial;
    report.reason = fmt::format("{} failed", counted(failed, "file"));
  }
  return report;
}

}  // namespace

StepReport FilesStep::perform(const config::StudyEntry& study, bool dry_run) {
  const config::Settings& settings = context().settings();
  gen3::Commons& commons = context().commons();
  const auto state = context().state_dir();
  const files::ProjectLock lock(state, commons.session.endpoint(), study.project);
  files::Journal journal(state, commons.session.endpoint());
  const simplify::StudySource metadata = context().study_source(study);
  const documents::Locator locator(documents::places_of(settings, metadata.path, study.project));
  files::Manifest manifest(&locator);
  const files::StudyTally found =
      files::read_documents(metadata, manifest, files::log_document_issue, context().stop());
  if (manifest.files() == 0) return report_of({}, found, dry_run, {}, study.name);

  auto request = files::LoadRequest::from(settings, study.project, commons.fence);
  request.dry_run = dry_run;
  request.replace = context().choices().replace;
  if (context().choices().recheck) request.recheck = std::chrono::seconds(0);
  const files::LoadResult result =
      files::load_watched({commons.session, commons.fence, commons.indexd, context().stop()}, journal, manifest,
                          request, study.name + ": files");
  if (result.stopped) {
    if (!dry_run) {
      earlier_.add(study.name, files_sent(result.tally), bytes_sent(result.tally),
                   result.tally[FileOutcome::replaced].files);
    }
    std::rethrow_exception(result.stopped);
  }
  StepReport report = report_of(result.tally, found, dry_run, earlier_, study.name);
  if (report.outcome == Outcome::unchanged) report.reason = files::grounds(result.tally, request);
  return report;
}

std::vector<Count> FilesStep::done_in_vain(const config::StudyEntry& study) const {
  return {{"files", earlier_.files(study.name)}, {"bytes", earlier_.bytes(study.name)}};
}

std::vector<UsedSetting> FilesStep::used(const config::StudyEntry& study) const {
  const config::Settings& settings = context().settings();
  std::vector<UsedSetting> used;
  used.push_back({"project", study.project.str(), study.origin});
  add_commons(used, settings);
  if (settings.layer_of("files.bucket") == config::Layer::flag || !study.bucket) {
    add_setting(used, settings, "files.bucket", "bucket");
  } else {
    used.push_back({"bucket", *study.bucket, study.origin});
  }
  add_setting(used, settings, "folder.output", "folder of files");
  return used;
}

}  // namespace etl::run
