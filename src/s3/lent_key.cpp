#include "s3/lent_key.hpp"

#include <nlohmann/json.hpp>

#include "base/bounded_json.hpp"
#include "base/error.hpp"
#include "s3/time.hpp"

namespace etl::s3 {
namespace {

std::string text_in(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

LentKey parse_lent_key(std::string_view json, const std::string& origin, const std::string& where) {
  const auto said = try_parse_json(json, {.depth = 10, .bytes = std::size_t{64} * 1024});
  if (said.is_discarded() || !said.is_object()) {
    throw UnavailableError("the answer with the AWS key is not a JSON object", where);
  }
  LentKey lent;
  lent.key = {text_in(said, "AccessKeyId"), text_in(said, "SecretAccessKey"), text_in(said, "Token"), origin};
  if (lent.key.session_token.empty()) lent.key.session_token = text_in(said, "SessionToken");
  if (lent.key.access_key_id.empty() || lent.key.secret_access_key.empty()) {
    throw UnavailableError("the answer contains no AWS key: AccessKeyId or SecretAccessKey is missing", where);
  }
  if (const auto expiration = text_in(said, "Expiration"); !expiration.empty()) {
    const auto time = parse_iso_time(expiration);
    if (!time) throw UnavailableError("the expiration of the AWS key is not a time", where);
    lent.expires = *time;
  }
  return lent;
}

}  // namespace etl::s3
