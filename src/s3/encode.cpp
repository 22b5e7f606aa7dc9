#include "s3/encode.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "net/encode.hpp"

namespace etl::s3 {
namespace {

constexpr std::size_t kLongestKey = 1024;

}  // namespace

std::string encode_key(std::string_view key) {
  if (key.empty()) throw UsageError("the object's key is empty");
  if (key.size() > kLongestKey) {
    throw UsageError(fmt::format("the object's key has {} bytes; S3 allows {}", key.size(), kLongestKey),
                     std::string(key.substr(0, 80)) + "…");
  }
  return net::percent_encode_path(key);
}

}  // namespace etl::s3
