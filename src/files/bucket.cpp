#include "files/bucket.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
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

void choose_bucket(UploadOptions& upload, const config::Settings& settings, const ProjectId& project,
                   gen3::Fence& fence) {
  const auto bucket = chosen_bucket(settings, project);
  if (!bucket) {
    upload.bucket_name = default_bucket(settings.require("fence_config"), fence);
    return;
  }
  upload.bucket = upload.bucket_name = *bucket;
  std::vector<std::string> names;
  try {
    for (gen3::Bucket& known : fence.buckets()) names.push_back(std::move(known.name));
  } catch (const RefusedError&) {
    return;  // a fence that does not list them
  }
  if (std::ranges::find(names, *bucket) != names.end()) return;
  const std::string near = nearest(*bucket, names);
  throw UsageError(fmt::format("fence does not know the bucket {}{}", *bucket,
                               near.empty() ? "" : fmt::format("; did you mean {}?", near)),
                   {}, "`aced-etl buckets ls` shows those that it knows");
}

}  // namespace etl::files
