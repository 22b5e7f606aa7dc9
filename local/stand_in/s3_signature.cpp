#include "stand_in/s3_signature.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>
#include <sstream>
#include <string_view>
#include <vector>

namespace etl::stand_in {
namespace {

using Bytes = std::vector<unsigned char>;

std::string hex(const Bytes& bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); }

Bytes sha256(const std::string& text) {
  Bytes out(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr);
  out.resize(size);
  return out;
}

Bytes hmac(const Bytes& key, const std::string& text) {
  Bytes out(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), out.data(), &size);
  out.resize(size);
  return out;
}

/// As the signature wants it: everything but unreserved characters as %XX.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::string signed_url(const std::string& url, const SignedAccess& access, const s3::Credentials& key) {
  const std::size_t host_begin = url.find("://") + 3;
  const std::size_t path_begin = url.find('/', host_begin);
  const std::size_t query_begin = url.find('?', path_begin);
  const std::string host = url.substr(host_begin, path_begin - host_begin);
  const std::string path = url.substr(path_begin, query_begin - path_begin);

  const std::string time =
      fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(access.from)));
  const std::string day = time.substr(0, 8);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, access.region);
  std::map<std::string, std::string> parameters{{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
                                                {"X-Amz-Credential", escaped(key.access_key_id + "/" + scope)},
                                                {"X-Amz-Date", time},
                                                {"X-Amz-Expires", std::to_string(access.lifetime.count())},
                                                {"X-Amz-SignedHeaders", "host"}};
  if (!key.session_token.empty()) parameters["X-Amz-Security-Token"] = escaped(key.session_token);
  if (query_begin != std::string::npos) {
    std::istringstream given(url.substr(query_begin + 1));
    for (std::string parameter; std::getline(given, parameter, '&');) {
      const std::size_t equals = parameter.find('=');
      parameters[parameter.substr(0, equals)] = equals == std::string::npos ? "" : parameter.substr(equals + 1);
    }
  }
  std::string query;
  for (const auto& [name, value] : parameters) query += fmt::format("{}{}={}", query.empty() ? "" : "&", name, value);

  const std::string canonical =
      fmt::format("{}\n{}\n{}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD", access.method, path, query, host);
  const std::string to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope, hex(sha256(canonical)));
  const std::string secret = "AWS4" + key.secret_access_key;
  Bytes signing_key(secret.begin(), secret.end());
  for (const std::string& part : {day, access.region, std::string("s3"), std::string("aws4_request")})
    signing_key = hmac(signing_key, part);
  return fmt::format("{}?{}&X-Amz-Signature={}", url.substr(0, query_begin), query, hex(hmac(signing_key, to_sign)));
}

}  // namespace etl::stand_in
