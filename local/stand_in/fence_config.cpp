#include "stand_in/fence_config.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"

namespace etl::stand_in {
namespace {

std::string text(const YAML::Node& node, const std::string& otherwise = {}) {
  return node && node.IsScalar() ? node.as<std::string>() : otherwise;
}

void read_seconds(const YAML::Node& node, std::chrono::seconds& to) {
  if (node && node.IsScalar()) to = std::chrono::seconds(node.as<std::int64_t>());
}

}  // namespace

FenceConfig FenceConfig::read(const std::string& path) {
  FenceConfig made;
  try {
    const auto root = YAML::Load(read_file(path));
    if (!root.IsMap()) throw InputError("no fence-config.yaml", path);
    for (const auto& entry : root["S3_BUCKETS"]) {
      const auto& said = entry.second;
      auto& bucket = made.buckets[entry.first.as<std::string>()];
      bucket.region = text(said["region"], "us-east-1");
      bucket.endpoint_url = text(said["endpoint_url"]);
      while (bucket.endpoint_url.ends_with('/')) bucket.endpoint_url.pop_back();
      const auto key = root["AWS_CREDENTIALS"][text(said["cred"])];
      if (!key || !key.IsMap()) continue;  // `cred: '*'`: a public bucket, whose URLs need no signature
      bucket.key = {text(key["aws_access_key_id"]), text(key["aws_secret_access_key"]), {}, "fence-config.yaml"};
    }
    made.default_bucket = text(root["DATA_UPLOAD_BUCKET"]);
    for (const auto& bucket : root["ALLOWED_DATA_UPLOAD_BUCKETS"]) {
      made.allowed_buckets.push_back(bucket.as<std::string>());
    }
    read_seconds(root["MAX_PRESIGNED_URL_TTL"], made.longest_url);
    read_seconds(root["MAX_ACCESS_TOKEN_TTL"], made.longest_access_token);
    read_seconds(root["MAX_API_KEY_TTL"], made.longest_api_key);
    made.base_url = text(root["BASE_URL"]);
    made.did_prefix = text(root["DEFAULT_PREFIX"]);
    made.service_user = text(root["INDEXD_USERNAME"], "fence");
    made.service_password = text(root["INDEXD_PASSWORD"]);
  } catch (const YAML::Exception& error) {
    throw InputError("no fence-config.yaml: " + error.msg, path + ":" + std::to_string(error.mark.line + 1));
  }
  return made;
}

bool FenceConfig::upload_allowed(const std::string& bucket) const {
  if (allowed_buckets.empty()) return false;
  return bucket == default_bucket || std::ranges::find(allowed_buckets, bucket) != allowed_buckets.end();
}

const Bucket* FenceConfig::find(const std::string& bucket) const {
  const auto found = buckets.find(bucket);
  return found == buckets.end() ? nullptr : &found->second;
}

}  // namespace etl::stand_in
