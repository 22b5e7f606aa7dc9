#include "checks/bucket_list.hpp"

#include <map>

namespace etl::checks {
namespace {

std::string finding_of(const BucketRow& row, bool allowed_by_name) {
  if (!row.in_fence && !row.in_config) return "allowed for uploads, but no bucket of fence: add it to S3_BUCKETS";
  if (!row.in_fence) return "in fence-config.yaml, but the running fence does not name it: restart fence";
  if (!row.in_config) return "fence names it, fence-config.yaml does not: is the mounted file the current one?";
  if (!allowed_by_name && !row.upload_default) {
    return "not allowed for uploads: add it to ALLOWED_DATA_UPLOAD_BUCKETS if files are to be loaded there";
  }
  return {};
}

}  // namespace

std::vector<BucketRow> list_buckets(const std::vector<gen3::Bucket>& fence,
                                    const std::optional<config::FenceConfig>& config) {
  std::map<std::string, BucketRow> rows;
  for (const gen3::Bucket& bucket : fence) {
    BucketRow& row = rows[bucket.name];
    row.in_fence = true;
    row.endpoint_url = bucket.endpoint_url;
    row.region = bucket.region;
  }
  if (config) {
    for (const auto& [name, bucket] : config->buckets) {
      BucketRow& row = rows[name];
      row.in_config = true;
      if (row.endpoint_url.empty()) row.endpoint_url = bucket.endpoint_url;
      if (row.region.empty()) row.region = bucket.region;
    }
    for (const std::string& name : config->allowed.value_or(std::vector<std::string>{})) rows[name];
    if (!config->upload_bucket.empty()) rows[config->upload_bucket].upload_default = true;
  }
  std::vector<BucketRow> out;
  for (auto& [name, row] : rows) {
    row.name = name;
    if (config) {
      row.uploads = config->allows(name);
      row.finding = finding_of(row, *row.uploads);
    }
    out.push_back(row);
  }
  return out;
}

}  // namespace etl::checks
