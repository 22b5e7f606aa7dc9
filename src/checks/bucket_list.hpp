#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/fence_config.hpp"
#include "gen3/fence.hpp"

namespace etl::checks {

/// A bucket, and who knows of it.
struct BucketRow {
  std::string name;
  bool in_fence = false;        ///< fence names it (GET /user/data/buckets)
  bool in_config = false;       ///< S3_BUCKETS of fence-config.yaml
  std::optional<bool> uploads;  ///< fence-config.yaml allows uploads by name; none without the file
  bool upload_default = false;  ///< DATA_UPLOAD_BUCKET
  std::string endpoint_url;
  std::string region;
  std::string finding;  ///< where they do not agree; empty where all is well
};

/// Every bucket that fence or its configuration names, by name. `config`: none when fence-config.yaml is not mounted.
[[nodiscard]] std::vector<BucketRow> list_buckets(const std::vector<gen3::Bucket>& fence,
                                                  const std::optional<config::FenceConfig>& config);

}  // namespace etl::checks
