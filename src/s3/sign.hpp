#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "net/http.hpp"
#include "s3/credentials.hpp"

/// AWS Signature Version 4 for S3, by header and by query.
namespace etl::s3 {

using Clock = std::chrono::system_clock;

struct SignContext {
  std::string region = "us-east-1";
  std::string service = "s3";
  Clock::time_point at = Clock::now();
};

/// `url` with the X-Amz-* parameters that allow `method` on it for `expires` (1 s to 7 days; UsageError otherwise).
/// Only `host` is signed, as fence does it; the body is UNSIGNED-PAYLOAD. The path is taken as it is, already
/// percent-encoded, and a query is kept and signed.
[[nodiscard]] std::string presign(std::string_view method, std::string_view url, std::chrono::seconds expires,
                                  const Credentials& key, const SignContext& context = {});

/// Adds host, x-amz-date, x-amz-content-sha256, x-amz-security-token and Authorization to the request's headers.
/// `payload_sha256` is hexadecimal, or "UNSIGNED-PAYLOAD"; empty: computed from request.body.
void sign(net::Request& request, const Credentials& key, const SignContext& context = {},
          std::string_view payload_sha256 = {});

}  // namespace etl::s3
