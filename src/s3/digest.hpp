#pragma once

#include <string>
#include <string_view>

/// The digests of Signature Version 4 and of S3's headers.
namespace etl::s3 {

[[nodiscard]] std::string to_hex(std::string_view bytes);                               ///< lower case
[[nodiscard]] std::string sha256_hex(std::string_view bytes);                           ///< 64 hexadecimal digits
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);  ///< 32 bytes

}  // namespace etl::s3
