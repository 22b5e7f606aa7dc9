#pragma once

#include <string>
#include <string_view>

namespace etl::s3 {

/// 32 bytes: what the keys of Signature Version 4 are made of.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);

}  // namespace etl::s3
