#pragma once

#include <chrono>
#include <string>

#include "s3/credentials.hpp"

namespace etl::stand_in {

/// What a signed URL allows (AWS Signature Version 4, by query), and from when.
struct SignedAccess {
  std::string method;
  std::string region;
  std::chrono::system_clock::time_point from;
  std::chrono::seconds lifetime;
};

/// `url` (path percent-encoded, with or without an encoded query) with the X-Amz-* parameters that boto3 adds. Not the
/// product's code: what signs here is a second opinion on what signs there.
[[nodiscard]] std::string signed_url(const std::string& url, const SignedAccess& access, const s3::Credentials& key);

}  // namespace etl::stand_in
