#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "s3/credentials.hpp"

namespace etl::s3 {

/// A key and when it stops being valid.
struct LentKey {
  Credentials key;
  std::chrono::system_clock::time_point expires = std::chrono::system_clock::time_point::max();
};

/// Reads `{"AccessKeyId", "SecretAccessKey", "Token" or "SessionToken", "Expiration"}`, the form that containers'
/// agents, the instance metadata service and credential processes share. A key without an expiration never expires.
/// UnavailableError with `where` when the text is not that; the text itself is never quoted.
[[nodiscard]] LentKey parse_lent_key(std::string_view json, const std::string& origin, const std::string& where);

}  // namespace etl::s3
