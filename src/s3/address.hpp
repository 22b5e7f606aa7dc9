#pragma once

#include <string>
#include <string_view>

#include "s3/profile.hpp"

namespace etl::s3 {

/// Where buckets and objects are: at AWS, or at an endpoint of their own.
class Address {
 public:
  /// UsageError when the endpoint is no http(s) address.
  explicit Address(const Profile& profile);

  /// Percent-encoded, without a query: "https://bucket.s3.region.amazonaws.com/key",
  /// "http://127.0.0.1:9000/bucket/key". An empty key is the bucket itself. UsageError for a bucket's name that cannot
  /// be one.
  [[nodiscard]] std::string url(std::string_view bucket, std::string_view key = {}) const;

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] bool is_secure() const { return endpoint_.starts_with("https://"); }

 private:
  std::string endpoint_;  // without a '/' at its end
  bool path_style_;
};

}  // namespace etl::s3
