// Addresses of buckets and objects. Lines of the input: addressing (path, virtual), endpoint (or nothing), region,
// bucket; the rest is the key.

#include "curl_url.hpp"
#include "net/encode.hpp"
#include "net/url.hpp"
#include "properties.hpp"
#include "s3/address.hpp"

namespace {

using namespace etl;
using fuzz::require;

/// The path that libcurl sends, with the option that net::HttpClient sets.
std::string path_of(const std::string& url) {
  return fuzz::curl_part(url, CURLUPART_PATH, CURLU_PATH_AS_IS).value_or("");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  if (fuzz::holds_secret(text)) return 0;
  s3::Profile profile;
  profile.name = "fuzz";
  const std::string_view addressing = fuzz::take_field(text);
  if (addressing == "path") profile.addressing = s3::Addressing::path;
  if (addressing == "virtual") profile.addressing = s3::Addressing::virtual_host;
  const std::string_view endpoint = fuzz::take_field(text);
  if (!endpoint.empty()) profile.endpoint_url = s3::ValueWithOrigin{std::string(endpoint), "here"};
  profile.region = {std::string(fuzz::take_field(text)), "here"};
  const std::string bucket(fuzz::take_field(text));
  const auto refused = fuzz::refusal_of([&] {
    s3::Profile with_password = profile;
    with_password.endpoint_url =
        s3::ValueWithOrigin{"https://user:" + std::string(fuzz::kSecret) + "@s3.example.org/" + bucket, "here"};
    static_cast<void>(s3::Address(with_password));
  });
  require(refused.has_value(), "an endpoint with a password was accepted");
  const std::string key(text);
  // A region comes from the user's own settings, and is not checked; only names that can be one are of interest here.
  if (profile.region.text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos) return 0;

  static_cast<void>(fuzz::refusal_of([&] {
    const s3::Address address(profile);
    const std::string whole = address.url(bucket, key);
    const std::string of_endpoint = net::origin_of(address.endpoint());
    const std::string origin = net::origin_of(whole);
    const std::string base = path_of(address.endpoint());
    std::string folder = base == "/" ? std::string() : base;
    // libcurl writes a host such as `443` as the IP address that it is; a bucket before it makes it a name.
    const std::string_view after = std::string_view(of_endpoint).substr(of_endpoint.find("://") + 3);
    if (address.endpoint().find(after.substr(0, after.rfind(':'))) == std::string::npos) return;
    if (origin == of_endpoint) {
      folder += '/' + bucket;
    } else {
      std::string host = bucket + '.' + of_endpoint.substr(of_endpoint.find("://") + 3);
      std::transform(host.begin(), host.end(), host.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      require(origin.substr(origin.find("://") + 3) == host, "a bucket that changes the host: " + whole);
    }
    const std::string path = path_of(whole);
    require(path.starts_with(folder), "an object outside of its bucket: " + whole);
    if (!key.empty()) {
      require(net::percent_decode(path.substr(folder.size())) == '/' + key, "the address of another object: " + whole);
    }
  }));
  return 0;
}
