#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "s3/credentials.hpp"

namespace etl::stand_in {

struct Bucket {
  std::string region;
  std::string endpoint_url;  ///< empty: AWS itself
  s3::Credentials key;
};

/// fence-config.yaml, as far as it says something about uploads, downloads and the life of tokens.
struct FenceConfig {
  std::map<std::string, Bucket> buckets;
  std::string default_bucket;                ///< DATA_UPLOAD_BUCKET
  std::vector<std::string> allowed_buckets;  ///< ALLOWED_DATA_UPLOAD_BUCKETS
  std::chrono::seconds longest_url{3600};
  std::chrono::seconds longest_access_token{3600};
  std::chrono::seconds longest_api_key{2592000};
  std::string base_url;    ///< BASE_URL: the issuer of tokens
  std::string did_prefix;  ///< of new GUIDs: DEFAULT_PREFIX, which is indexd's setting in a real commons
  /// INDEXD_USERNAME and INDEXD_PASSWORD: what services, not users, come with. Without a password nobody does.
  std::string service_user, service_password;

  /// Throws what read_file throws, InputError for what is no fence-config.yaml.
  [[nodiscard]] static FenceConfig read(const std::string& path);

  /// May a client name this bucket for an upload? An empty list allows none, not even the default.
  [[nodiscard]] bool upload_allowed(const std::string& bucket) const;
  /// Null when S3_BUCKETS does not name it.
  [[nodiscard]] const Bucket* find(const std::string& bucket) const;
};

}  // namespace etl::stand_in
