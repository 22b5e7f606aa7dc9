#pragma once

#include <string>
#include <string_view>

/// Percent-encoding as Signature Version 4 wants it: every byte but A-Z a-z 0-9 - . _ ~ becomes %XX.
namespace etl::s3 {

[[nodiscard]] std::string percent_encode(std::string_view text);
/// %XX becomes its byte; what is no such triple stays. '+' stays, too: S3 has no spaces in that form.
[[nodiscard]] std::string percent_decode(std::string_view text);

/// An object's key as the path of its URL: '/' stays. UsageError when it is empty or longer than the 1,024 bytes
/// that S3 allows.
[[nodiscard]] std::string encode_key(std::string_view key);

}  // namespace etl::s3
