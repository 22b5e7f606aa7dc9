#include "files/bucket.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/identifier.hpp"
#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "config/fence_config.hpp"

namespace etl::files {

namespace {

/// DATA_UPLOAD_BUCKET of fence's own configuration, where that is mounted. Uploads to it do not name the bucket: with
/// an empty ALLOWED_DATA_UPLOAD_BUCKETS fence refuses every name, even this one. UsageError for a file that a flag, the
/// environment or etl.yaml names and that does not exist.
std::string upload_default(const config::Settings& settings) {
  const std::filesystem::path fence_config = settings.require("fence_config");
  const bool named = settings.layer_of("fence_config") != config::Layer::fallback;
  std::error_code unreadable;
  if (!named && !std::filesystem::exists(fence_config, unreadable)) return {};
  return config::read_fence_config(fence_config).upload_bucket;
}

}  // namespace

std::string default_bucket(const config::Settings& settings, gen3::Fence& fence) {
  if (std::string name = upload_default(settings); !name.empty()) return name;
  const auto buckets = fence.buckets();
  if (buckets.size() == 1 && is_bucket_name(buckets.front().name)) return buckets.front().name;
  throw UsageError(fmt::format("fence has {} buckets, and it is not known which one is the default", buckets.size()),
                   settings.require("fence_config"), "name the bucket with --bucket; `aced-etl buckets ls` shows them");
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
    upload.bucket_name = default_bucket(settings, fence);
    return;
  }
  if (!is_bucket_name(*bucket)) {
    throw UsageError(fmt::format("`{}` cannot be the name of a bucket", *bucket), {},
                     "use letters, digits, '.', '-' and '_'");
  }
  upload.bucket = upload.bucket_name = *bucket;
  if (*bucket == upload_default(settings)) upload.bucket.clear();
  require_bucket(fence, *bucket);
}

void require_bucket(gen3::Fence& fence, const std::string& bucket) {
  std::vector<std::string> names;
  try {
    for (gen3::Bucket& known : fence.buckets()) names.push_back(std::move(known.name));
  } catch (const RefusedError&) {
    return;  // a fence that does not list them
  }
  if (std::ranges::find(names, bucket) != names.end()) return;
  throw UsageError(fmt::format("fence does not know the bucket {}", bucket), {},
                   did_you_mean(bucket, names, "`aced-etl buckets ls` lists the buckets that it knows"));
}

}  // namespace etl::files
