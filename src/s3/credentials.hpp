#pragma once

#include <string>

namespace etl::s3 {

/// A key pair of AWS. The secret and the token are never shown.
struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< empty for a long-lived key
  std::string origin;         ///< "profile fencebot in ~/.aws/credentials", "environment AWS_ACCESS_KEY_ID", …
};

}  // namespace etl::s3
