#include "config/fence_config.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"

namespace etl::config {
namespace {

std::string text_in(const YAML::Node& map, const char* key) {
  const YAML::Node value = map[key];
  return value && value.IsScalar() ? value.Scalar() : std::string{};
}

}  // namespace

bool FenceConfig::allows(const std::string& bucket) const {
  if (!allowed || allowed->empty()) return false;
  return bucket == upload_bucket || std::ranges::find(*allowed, bucket) != allowed->end();
}

FenceConfig read_fence_config(const std::filesystem::path& file) {
  const std::string hint = "mount fence-config.yaml (the secret fence-config), or name it with --fence-config";
  YAML::Node root;
  try {
    root = YAML::LoadFile(file.string());
  } catch (const YAML::BadFile&) {
    throw UsageError("fence's configuration cannot be read", file.string(), hint);
  } catch (const YAML::Exception& error) {
    // The text of the line may be a key: only its number is told.
    throw UsageError("not YAML", file.string() + ":" + std::to_string(error.mark.line + 1), hint);
  }
  if (!root.IsMap()) throw UsageError("not fence's configuration: expected a map", file.string(), hint);
  FenceConfig out;
  out.upload_bucket = text_in(root, "DATA_UPLOAD_BUCKET");
  if (const YAML::Node buckets = root["S3_BUCKETS"]; buckets && buckets.IsMap()) {
    for (const auto& entry : buckets) {
      const YAML::Node& what = entry.second;
      if (!what.IsMap()) continue;
      out.buckets[entry.first.Scalar()] = {text_in(what, "endpoint_url"), text_in(what, "region"),
                                           text_in(what, "role-arn")};
    }
  }
  if (const YAML::Node allowed = root["ALLOWED_DATA_UPLOAD_BUCKETS"]; allowed && !allowed.IsNull()) {
    if (!allowed.IsSequence()) {
      throw UsageError("ALLOWED_DATA_UPLOAD_BUCKETS is no list",
                       file.string() + ":" + std::to_string(allowed.Mark().line + 1), "write it as `- bucket` lines");
    }
    auto& list = out.allowed.emplace();
    for (const YAML::Node& name : allowed) list.push_back(name.Scalar());
  }
  return out;
}

}  // namespace etl::config
