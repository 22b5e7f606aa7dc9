#include "studies/pull_settings.hpp"

#include "config/folder.hpp"
#include "studies/key_path.hpp"

namespace etl::studies {

std::optional<PullOptions> pull_options(const config::Settings& settings) {
  const auto bucket = settings.get("source.bucket");
  if (!bucket) return std::nullopt;
  const auto path = settings.get("source.path");
  const auto prefix = [&](const std::string& below) { return join_prefix(path ? path->text : std::string(), below); };
  PullOptions options;
  options.bucket = bucket->text;
  options.studies_prefix = prefix(settings.require("source.studies_prefix"));
  options.output_prefix = prefix(settings.require("source.output_prefix"));
  for (const config::StudyEntry& study : settings.studies()) {
    if (study.source) options.elsewhere[study.name] = prefix(*study.source);
  }
  options.studies_folder = config::folder(settings, "folder.studies");
  for (const config::StudyEntry& study : settings.studies()) {
    options.sources.emplace(study.name,
                            simplify::study_source(settings, (options.studies_folder / study.name).string(), &study));
  }
  options.other_source = simplify::study_source(settings, {}, nullptr);
  options.output_folder = config::folder(settings, "folder.output");
  options.state_dir = config::folder(settings, "state_dir");
  options.jobs = settings.number("limits.pull_jobs");
  options.bytes_per_second = settings.bytes("limits.bandwidth");
  return options;
}

}  // namespace etl::studies
