#include "config/fence_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "config/yaml_document.hpp"

namespace etl::config {
namespace {

/// fence's own default file has 1,000 lines; a commons with hundreds of buckets and clients stays below this.
constexpr YamlLimits kLimits{.bytes = std::uint64_t{4} << 20U};

std::string text_in(const YamlNode& map, std::string_view key) {
  const YamlNode* value = map.find(key);
  return value == nullptr ? std::string{} : value->text();
}

}  // namespace

bool FenceConfig::allows(const std::string& bucket) const {
  if (!allowed || allowed->empty()) return false;
  return bucket == upload_bucket || std::ranges::find(*allowed, bucket) != allowed->end();
}

FenceConfig read_fence_config(const std::filesystem::path& file) {
  const std::string hint = "mount fence-config.yaml (the secret fence-config), or name it with --fence-config";
  const auto document = [&] {
    try {
      return YamlDocument::load(file, kLimits);
    } catch (const InputError& error) {
      throw UsageError(fmt::format("cannot read fence's configuration: {}", error.what()), error.where(), hint);
    }
  }();
  const YamlNode& root = document.root();
  if (!root.is_map()) throw UsageError("this is not fence's configuration: expected a map", file.string(), hint);
  FenceConfig out;
  out.upload_bucket = text_in(root, "DATA_UPLOAD_BUCKET");
  if (const YamlNode* buckets = root.find("S3_BUCKETS")) {
    for (const auto& [name, what] : buckets->members()) {
      if (!what->is_map()) continue;
      out.buckets[name->text()] = {text_in(*what, "endpoint_url"), text_in(*what, "region"),
                                   text_in(*what, "role-arn")};
    }
  }
  if (const YamlNode* allowed = root.find("ALLOWED_DATA_UPLOAD_BUCKETS"); allowed != nullptr && !allowed->is_null()) {
    if (!allowed->is_sequence()) {
      throw UsageError("ALLOWED_DATA_UPLOAD_BUCKETS must be a list",
                       fmt::format("{}:{}", file.string(), allowed->line()),
                       "write one line `- BUCKET` for each bucket");
    }
    auto& list = out.allowed.emplace();
    for (const YamlNode* name : allowed->items()) list.push_back(name->text());
  }
  return out;
}

}  // namespace etl::config
