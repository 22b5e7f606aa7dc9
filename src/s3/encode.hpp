#pragma once

#include <string>
#include <string_view>

namespace etl::s3 {

/// An object's key as the path of its URL: '/' stays. UsageError when it is empty or longer than the 1,024 bytes
/// that S3 allows.
[[nodiscard]] std::string encode_key(std::string_view key);

}  // namespace etl::s3
