#include "files/bucket.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "config/fence_config.hpp"

namespace etl::files {

std::string default_bucket(const std::filesystem::path& fence_config, gen3::Fence& fence) {
  std::error_code unreadable;
  if (std::filesystem::exists(fence_config, unreadable)) {
    const auto config = config::read_fence_config(fence_config);
    if (!config.upload_bucket.empty()) return config.upload_bucket;
  }
  const auto buckets = fence.buckets();
  if (buckets.size() == 1) return buckets.front().name;
  throw UsageError(fmt::format("fence has {} buckets, and it is not known which is its default", buckets.size()),
                   fence_config.string(), "name the bucket with --bucket; `aced-etl buckets ls` shows them");
}

std::optional<std::string> chosen_bucket(const config::Settings& settings, const ProjectId& project) {
  const auto general = settings.get("files.bucket");
  if (general && settings.layer_of("files.bucket") == config::Layer::flag) return general->text;
  for (const config::StudyEntry& study : settings.studies()) {
    if (study.project == project && study.bucket) return study.bucket;
  }
  return general ? std::optional(general->text) : std::nullopt;
}

}  // namespace etl::files
