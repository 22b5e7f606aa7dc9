#include "s3/sign.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "net/encode.hpp"
#include "s3/hmac.hpp"

namespace etl::s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
constexpr std::chrono::seconds kLongestExpiry = std::chrono::hours(7 * 24);

/// An address taken apart, as far as a signature needs it.
struct Target {
  std::string host;  ///< lower case, with the port unless it is the scheme's own: what goes into the Host header
  std::string path;  ///< from the first '/', as it came
  std::string query;
};

Target parse(std::string_view url) {
  const auto scheme_end = url.find("://");
  const auto scheme = ascii_lower(url.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end));
  if (scheme != "http" && scheme != "https") {
    throw UsageError("this is not the address of an S3 service", net::without_query(url), "use http:// or https://");
  }
  url = url.substr(scheme_end + 3);
  url = url.substr(0, url.find('#'));
  const auto host_end = std::min(url.find_first_of("/?"), url.size());
  Target address;
  address.host = ascii_lower(url.substr(0, host_end));
  const std::string_view own_port = scheme == "http" ? ":80" : ":443";
  if (address.host.ends_with(own_port)) address.host.resize(address.host.size() - own_port.size());
  url = url.substr(host_end);
  const auto path_end = std::min(url.find('?'), url.size());
  address.path = path_end == 0 ? "/" : std::string(url.substr(0, path_end));
  if (path_end < url.size()) address.query = url.substr(path_end + 1);
  return address;
}

/// Sorted by name, then value; each encoded once, whatever way the caller encoded them.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto one = query.substr(0, end);
    query = query.substr(std::min(end + 1, query.size()));
    if (one.empty()) continue;
    const auto equals = std::min(one.find('='), one.size());
    const auto encoded = [](std::string_view text) { return net::percent_encode(net::percent_decode(text)); };
    parameters.emplace_back(encoded(one.substr(0, equals)), encoded(one.substr(std::min(equals + 1, one.size()))));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string result;
  for (const auto& [name, value] : parameters) {
    if (!result.empty()) result += '&';
    result += name + '=' + value;
  }
  return result;
}

/// Without blanks at both ends, and one for many in between.
std::string canonical_value(std::string_view value) {
  std::string result;
  for (const char c : trim(value)) {
    if (c == ' ' && !result.empty() && result.back() == ' ') continue;
    result += c;
  }
  return result;
}

/// What proxies or libcurl may add or change is not signed.
bool is_signed(std::string_view lower_name) {
  constexpr std::array kept_out{"authorization", "connection",        "content-length",
                                "expect",        "transfer-encoding", "user-agent"};
  return std::find(kept_out.begin(), kept_out.end(), lower_name) == kept_out.end();
}

using SignedHeaders = std::map<std::string, std::string>;

std::string names_of(const SignedHeaders& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

/// One signing: the time and the scope that all its parts name.
class Signer {
 public:
  Signer(const Credentials& key, const SignContext& context)
      : key_(key),
        time_(fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(Clock::to_time_t(context.at)))),
        scope_(fmt::format("{}/{}/{}/aws4_request", day(), context.region, context.service)),
        region_(context.region),
        service_(context.service) {
    if (key.access_key_id.empty() || key.secret_access_key.empty()) {
      throw UsageError("the AWS key pair is not complete", key.origin, "give both its id and its secret");
    }
  }

  [[nodiscard]] const std::string& time() const { return time_; }
  [[nodiscard]] std::string credential() const { return key_.access_key_id + '/' + scope_; }

  [[nodiscard]] std::string signature(std::string_view method, const Target& address, const SignedHeaders& headers,
                                      std::string_view payload) const {
    std::string canonical = fmt::format("{}\n{}\n{}\n", method, address.path, canonical_query(address.query));
    for (const auto& [name, value] : headers) canonical += name + ':' + value + '\n';
    canonical += fmt::format("\n{}\n{}", names_of(headers), payload);
    const auto to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time_, scope_, sha256_hex(canonical));
    std::string derived = "AWS4" + key_.secret_access_key;
    for (const std::string_view step : {day(), std::string_view(region_), std::string_view(service_),
                                        std::string_view("aws4_request"), std::string_view(to_sign)}) {
      derived = hmac_sha256(derived, step);
    }
    return to_hex(derived);
  }

 private:
  [[nodiscard]] std::string_view day() const { return std::string_view(time_).substr(0, 8); }

  const Credentials& key_;
  std::string time_;
  std::string scope_;
  std::string region_;
  std::string service_;
};

void set_header(net::Headers& headers, std::string_view name, std::string value) {
  std::erase_if(headers, [&](const net::Header& header) { return ascii_lower(header.name) == name; });
  headers.push_back({std::string(name), std::move(value)});
}

}  // namespace

std::string presign(std::string_view method, std::string_view url, std::chrono::seconds expires, const Credentials& key,
                    const SignContext& context) {
  if (expires < std::chrono::seconds(1) || expires > kLongestExpiry) {
    throw UsageError(fmt::format("a signed URL cannot be valid for {} s", expires.count()), {},
                     fmt::format("from 1 to {} s (7 days) are allowed", kLongestExpiry.count()));
  }
  const Signer signer(key, context);
  std::string result(url.substr(0, url.find('#')));
  result += result.find('?') == std::string::npos ? '?' : '&';
  result += fmt::format("X-Amz-Algorithm={}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}", kAlgorithm,
                        net::percent_encode(signer.credential()), signer.time(), expires.count());
  if (!key.session_token.empty()) result += "&X-Amz-Security-Token=" + net::percent_encode(key.session_token);
  result += "&X-Amz-SignedHeaders=host";
  const auto address = parse(result);
  return result + "&X-Amz-Signature=" + signer.signature(method, address, {{"host", address.host}}, kUnsigned);
}

void sign(net::Request& request, const Credentials& key, const SignContext& context, std::string_view payload_sha256) {
  const Signer signer(key, context);
  const auto address = parse(request.url);
  if (payload_sha256.empty() && request.source != nullptr) {
    throw InternalError("a body that is read while it is sent must be signed with its digest or as UNSIGNED-PAYLOAD");
  }
  const auto payload = payload_sha256.empty() ? sha256_hex(request.body) : std::string(payload_sha256);
  std::erase_if(request.headers, [](const net::Header& header) { return ascii_lower(header.name) == "authorization"; });
  set_header(request.headers, "host", address.host);
  set_header(request.headers, "x-amz-date", signer.time());
  // Other services take the digest from the body, and their published examples do not name it.
  if (context.service == "s3") set_header(request.headers, "x-amz-content-sha256", payload);
  if (!key.session_token.empty()) set_header(request.headers, "x-amz-security-token", key.session_token);

  SignedHeaders headers;
  for (const auto& header : request.headers) {
    const auto name = ascii_lower(header.name);
    if (!is_signed(name)) continue;
    auto& value = headers[name];
    value += (value.empty() ? "" : ",") + canonical_value(header.value);
  }
  request.headers.push_back(
      {"Authorization", fmt::format("{} Credential={},SignedHeaders={},Signature={}", kAlgorithm, signer.credential(),
                                    names_of(headers), signer.signature(request.method, address, headers, payload))});
}

}  // namespace etl::s3
