#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace etl::config {

/// What fence's own configuration says of buckets; its keys are fence's. Keys of AWS are not read.
struct FenceConfig {
  struct Bucket {
    std::string endpoint_url;  ///< empty for AWS's own
    std::string region;
    std::string role_arn;
  };
  std::map<std::string, Bucket> buckets;            ///< S3_BUCKETS
  std::optional<std::vector<std::string>> allowed;  ///< ALLOWED_DATA_UPLOAD_BUCKETS; none when the key is missing
  std::string upload_bucket;                        ///< DATA_UPLOAD_BUCKET, the default

  /// May a file be uploaded there by name? With a list the default is accepted too; with an empty one no name is.
  [[nodiscard]] bool allows(const std::string& bucket) const;
};

/// Throws UsageError, with file:line where there is one, when the file is not there or is no such configuration.
[[nodiscard]] FenceConfig read_fence_config(const std::filesystem::path& file);

}  // namespace etl::config
