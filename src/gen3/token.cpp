#include "gen3/token.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/bounded_json.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "gen3/answer.hpp"

namespace etl::gen3 {
namespace {

using nlohmann::json;

constexpr std::size_t largest_key = std::size_t{1} << 20U;

/// base64url without padding (RFC 7515); what is no character of it ends the text.
std::string decode(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  unsigned value = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<unsigned>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      digit = static_cast<unsigned>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0') + 52;
    } else if (c == '-' || c == '+') {
      digit = 62;
    } else if (c == '_' || c == '/') {
      digit = 63;
    } else {
      break;
    }
    value = (value << 6U | digit) & 0xFFFFU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<char>(value >> bits & 0xFFU));
  }
  return out;
}

/// Seconds since the epoch as a JWT writes them (NumericDate, RFC 7519). The clock counts nanoseconds in 64 bits: a
/// time before 1970 or after 2200 is no time of a token, and would overflow what is computed with it.
Clock::time_point time_in(const json& object, const char* name, const std::string& where) {
  constexpr double latest = 7'258'118'400;  // 2200-01-01
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  const double seconds = found->is_number() ? found->get<double>() : -1;
  if (!(seconds >= 0 && seconds <= latest)) {
    throw InputError(
        fmt::format("this is not a token of a Gen3 commons: its `{}` is not a time from 1970 to 2200", name), where,
        "get a new token from the portal of the commons");
  }
  return Clock::time_point(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

}  // namespace

Claims read_claims(std::string_view token, const std::string& where) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  json said;
  if (second != std::string_view::npos) {
    said = try_parse_json(decode(token.substr(first + 1, second - first - 1)));
  }
  if (!said.is_object()) {
    throw InputError("this is not a token of a Gen3 commons: it is not a JSON Web Token", where,
                     "get a new token from the portal of the commons");
  }
  Claims claims;
  claims.issuer = text_in(said, "iss");
  claims.purpose = text_in(said, "pur");
  claims.issued = time_in(said, "iat", where);
  claims.expires = time_in(said, "exp", where);
  if (const auto context = said.find("context"); context != said.end() && context->is_object()) {
    if (const auto user = context->find("user"); user != context->end() && user->is_object()) {
      claims.user = text_in(*user, "name");
    }
  }
  return claims;
}

std::string endpoint_of(const Claims& claims) {
  std::string_view address = claims.issuer;
  while (address.ends_with('/')) address.remove_suffix(1);
  if (address.ends_with("/user")) address.remove_suffix(std::string_view("/user").size());
  return std::string(address);
}

ApiKey read_api_key(const std::filesystem::path& file) {
  const std::string hint =
      "download an API key from the commons' profile page and mount it there, or name it with GEN3_API_KEY";
  std::error_code unreadable;
  if (!std::filesystem::exists(file, unreadable)) {
    throw UsageError("there is no API key for the commons", file.string(), hint);
  }
  const json content = [&] {
    try {
      return try_parse_json(read_file(file.string(), largest_key));
    } catch (const InputError& error) {
      throw UsageError(fmt::format("cannot read the API key: {}", error.what()), file.string(), hint);
    }
  }();
  if (!content.is_object() || text_in(content, "api_key").empty()) {
    throw UsageError("this is not an API key of a Gen3 commons: expected a JSON object with `api_key`", file.string(),
                     hint);
  }
  ApiKey key;
  key.secret = std::string(trim(text_in(content, "api_key")));
  key.key_id = text_in(content, "key_id");
  key.origin = file.string();
  secrets::add(key.secret);
  try {
    key.claims = read_claims(key.secret, key.origin);
  } catch (const InputError& error) {
    throw UsageError(error.what(), error.where(), hint);
  }
  return key;
}

}  // namespace etl::gen3
