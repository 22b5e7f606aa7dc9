#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/counted.hpp"
#include "checks/doctor.hpp"
#include "config/folder.hpp"
#include "config/study_entry.hpp"
#include "fhir/study_files.hpp"
#include "files/bucket.hpp"
#include "gen3/fence.hpp"
#include "simplify/config.hpp"
#include "simplify/study_source.hpp"
#include "studies/pull_settings.hpp"
#include "studies/source.hpp"

namespace etl::checks {
namespace {

namespace fs = std::filesystem;

/// Without a source bucket, runs use the folders as they are mounted.
void check_mounted_studies(Report& report, const config::Settings& settings) {
  const fs::path studies = config::folder(settings, "folder.studies");
  for (const config::StudyEntry& study : settings.studies()) {
    if (!study.enabled) continue;
    const std::string name = "study " + study.name;
    const fs::path folder = studies / study.name;
    std::error_code unreadable;
    if (fs::is_directory(folder, unreadable)) {
      report.guard(name, [&] {
        const auto files =
            fhir::study_files(folder.string(), simplify::study_source(settings, folder.string(), &study).selection);
        report.ok(name, fmt::format("{}: {}", folder.string(), counted(files.size(), "file")));
      });
    } else {
      report.fail(name, "the study does not exist on this machine: " + folder.string(),
                  "mount its folder there, or set source.bucket to pull it", ExitCode::usage);
    }
  }
}

/// Can the source be listed, and does it have every study?
void check_pulled_studies(Report& report, const config::Settings& settings, const studies::PullOptions& source,
                          const config::Environment& environment, const std::stop_token& stop) {
  studies::require_separate_prefixes(source);
  net::HttpClient http({.attempts = 2}, stop);
  s3::Client client(http, studies::source_profile(settings, {}, environment), {.attempts = 2, .backoff = {}}, stop);
  static_cast<void>(client.list_page(
      source.bucket, {.prefix = source.studies_prefix, .delimiter = "/", .start_after = {}, .page_size = 1}));
  report.ok("source", fmt::format("s3://{}/{} can be listed", source.bucket, source.studies_prefix));
  for (const config::StudyEntry& study : settings.studies()) {
    if (!study.enabled || skips(study, "pull")) continue;
    const std::string name = "source of " + study.name;
    report.guard(name, [&] {
      const auto own = source.elsewhere.find(study.name);
      if (own == source.elsewhere.end()) {
        studies::require_study(client, source.bucket, source.studies_prefix, study.name);
      } else {
        studies::require_prefix(client, source.bucket, own->second);
      }
      report.ok(name, fmt::format("s3://{}/{}", source.bucket,
                                  own == source.elsewhere.end() ? source.studies_prefix + study.name : own->second));
    });
  }
}

}  // namespace

bool skips(const config::StudyEntry& study, std::string_view step) {
  return std::ranges::find(study.skip, step) != study.skip.end();
}

void check_studies(Report& report, const config::Settings& settings, const config::Environment& environment,
                   const std::stop_token& stop) {
  if (const auto file = settings.get("etl_yaml"); file && settings.studies().empty()) {
    report.warn("etl.yaml", file->text + " lists no studies", "list those that `aced-etl run` is to load");
  } else if (file) {
    report.ok("etl.yaml", fmt::format("{}: {}", file->text, counted(settings.studies().size(), "study")));
  }
  if (const auto file = settings.get("simplify_config")) {
    report.guard("simplify configuration", [&] {
      static_cast<void>(simplify::Config::load(file->text));
      report.ok("simplify configuration", file->text);
    });
  }
  report.guard("source", [&] {
    if (const auto source = studies::pull_options(settings)) {
      check_pulled_studies(report, settings, *source, environment, stop);
    } else {
      check_mounted_studies(report, settings);
    }
  });
}

void check_study_buckets(Report& report, const config::Settings& settings, gen3::Fence& fence,
                         const std::vector<BucketRow>& buckets) {
  if (!settings.flag("destinations.files")) return;
  for (const config::StudyEntry& study : settings.studies()) {
    if (!study.enabled || skips(study, "files")) continue;
    const std::string name = "bucket of " + study.name;
    report.guard(name, [&] {
      files::UploadOptions upload;
      files::choose_bucket(upload, settings, study.project, fence);
      const auto row = std::ranges::find(buckets, upload.bucket_name, &BucketRow::name);
      if (!upload.bucket.empty() && row != buckets.end() && !row->uploads.value_or(true)) {
        throw RefusedError(fmt::format("fence takes no uploads into {}", upload.bucket_name), study.origin,
                           "add it to ALLOWED_DATA_UPLOAD_BUCKETS of fence's configuration, or name another bucket");
      }
      report.ok(name, upload.bucket_name);
    });
  }
}

}  // namespace etl::checks
