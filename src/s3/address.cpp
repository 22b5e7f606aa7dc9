#include "s3/address.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/identifier.hpp"
#include "net/url.hpp"
#include "s3/encode.hpp"

namespace etl::s3 {
namespace {

std::string endpoint_of(const Profile& profile) {
  if (!profile.endpoint_url) {
    const auto& region = profile.region.text;
    return fmt::format("https://s3.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
  }
  auto endpoint = profile.endpoint_url->text;
  static_cast<void>(net::origin_of(endpoint));
  if (endpoint.find_first_of("?#@") != std::string::npos) {
    throw UsageError("the address of an S3 endpoint must not contain a user or a query", net::without_query(endpoint),
                     fmt::format("it comes from {}", profile.endpoint_url->origin));
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint;
}

/// Of a bucket's naming rules, those without which the address would be another one.
void check_bucket(std::string_view bucket) {
  if (!is_bucket_name(bucket)) {
    throw UsageError(fmt::format("`{}` is not the name of a bucket", bucket), {},
                     "use letters, digits, '.', '-' and '_'; the key is a separate argument");
  }
}

}  // namespace

Address::Address(const Profile& profile)
    : endpoint_(endpoint_of(profile)),
      path_style_(profile.addressing == Addressing::path ||
                  (profile.addressing == Addressing::automatic && profile.endpoint_url.has_value())) {}

std::string Address::url(std::string_view bucket, std::string_view key) const {
  check_bucket(bucket);
  const auto path = key.empty() ? std::string() : encode_key(key);
  // AWS's certificate is for one label before its own name: a bucket with dots needs the path.
  if (path_style_ || bucket.find('.') != std::string_view::npos) {
    return fmt::format("{}/{}{}{}", endpoint_, bucket, path.empty() ? "" : "/", path);
  }
  const auto host = endpoint_.find("://") + 3;
  return fmt::format("{}{}.{}/{}", endpoint_.substr(0, host), bucket, endpoint_.substr(host), path);
}

}  // namespace etl::s3
