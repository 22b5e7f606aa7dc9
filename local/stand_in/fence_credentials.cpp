#include <charconv>

#include "stand_in/decode.hpp"
#include "stand_in/fence.hpp"

// API keys, and the access tokens that they are exchanged for.

namespace etl::stand_in {
namespace {

/// ?expires_in= of a token; more than `longest` is `longest`.
std::chrono::seconds token_lifetime(const Request& request, std::chrono::seconds longest) {
  const auto asked = request.param("expires_in");
  if (!asked) return longest;
  std::int64_t number = 0;
  const auto* end = asked->data() + asked->size();
  if (const auto [stop, error] = std::from_chars(asked->data(), end, number);
      error != std::errc() || stop != end || number <= 0) {
    throw Refusal(fence_page(400, "Invalid 'expires_in' value '" + *asked + "'"));
  }
  return std::min(std::chrono::seconds(number), longest);
}

/// Of a JSON body (a body without a type is taken for JSON) or of a form; empty when there is none.
std::string api_key_of(const Request& request) {
  if (request.content_type == "application/x-www-form-urlencoded") {
    const auto form = decode_query(request.body);
    const auto found = form.find("api_key");
    return found == form.end() ? std::string() : found->second;
  }
  if (!request.content_type.empty() && request.content_type != kJsonType) return {};
  const auto body = Json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("api_key") || !body["api_key"].is_string()) return {};
  return body["api_key"].get<std::string>();
}

}  // namespace

void Fence::add_credential_routes(Router& router) {
  router.add("POST", "/user/credentials/api/access_token",
             [this](const Request& request) { return access_token(request); });
  // The name that the Gen3 SDK for Python uses.
  router.add("POST", "/user/credentials/cdis/access_token",
             [this](const Request& request) { return access_token(request); });
  router.add("POST", "/user/credentials/api", [this](const Request& request) { return create_api_key(request); });
  router.add("GET", "/user/credentials/api", [this](const Request& request) { return list_api_keys(request); });
  router.add("DELETE", "/user/credentials/api/{jti}",
             [this](const Request& request) { return revoke_api_key(request); });
}

TokenOrder Fence::order(const std::string& user, std::chrono::seconds lifetime, const Request& request) {
  const auto& configured = commons_.fence.get()->base_url;
  return {configured.empty() ? request.origin + "/user" : configured, user,
          std::to_string(commons_.users.get()->number_of(user)), lifetime};
}

Answer Fence::create_api_key(const Request& request) {
  const auto token = logged_in(request);
  if (!token.scopes.contains("credentials")) {
    return fence_page(401, "Authentication Error: token is missing required scopes: {'credentials'}");
  }
  const auto lifetime = token_lifetime(request, commons_.fence.get()->longest_api_key);
  std::string id;
  const auto key = make_api_key(commons_.key, order(token.user, lifetime, request), id);
  commons_.database.session()->exec("insert into stand_in.api_key (jti, username, expires) values ($1, $2, $3)",
                                    {id, token.user, std::to_string(unix_now() + lifetime.count())});
  return json_answer({{"api_key", key}, {"key_id", id}});
}

Answer Fence::list_api_keys(const Request& request) {
  const auto token = logged_in(request);
  const auto rows = commons_.database.session()->exec(
      "select jti, expires from stand_in.api_key where username = $1 and not revoked order by expires desc",
      {token.user});
  Json all = Json::array();
  for (int i = 0; i < rows.rows(); ++i) all.push_back({{"jti", rows.text(i, 0)}, {"exp", rows.integer(i, 1)}});
  return json_answer({{"jtis", all}});
}

Answer Fence::revoke_api_key(const Request& request) {
  const auto token = logged_in(request);
  commons_.database.session()->exec(
      "insert into stand_in.api_key (jti, username, expires, revoked) values ($1, $2, 0, true) "
      "on conflict (jti) do update set revoked = true where api_key.username = excluded.username",
      {request.part("jti"), token.user});
  return {204, "", kHtmlType, {}};
}

Answer Fence::access_token(const Request& request) {
  const auto text = api_key_of(request);
  if (text.empty()) return fence_page(400, "Please provide an api_key in payload");
  const auto key = commons_.tokens.of_text(text);
  switch (key.state) {
    case Token::State::good:
      break;
    case Token::State::expired:
      return fence_page(401, "[401] - Authentication Error: Signature has expired");
    case Token::State::bad_signature:
      return fence_page(401, "[401] - Invalid token : [401] - Authentication Error: Signature verification failed");
    default:
      return fence_page(401, "[401] - Not enough segments");
  }
  if (key.purpose != "api_key") {
    return fence_page(401,
                      "[401] - Invalid token : [401] - Authentication Error: claims have incorrect purpose: expected "
                      "api_key, got " +
                          key.purpose);
  }
  if (commons_.database.session()->value("select 1 from stand_in.api_key where jti = $1 and revoked", {key.id})) {
    return fence_page(401, "[401] - token is denylisted");
  }
  const auto lifetime = token_lifetime(request, commons_.fence.get()->longest_access_token);
  return json_answer({{"access_token", make_access_token(commons_.key, order(key.user, lifetime, request), false)}});
}

}  // namespace etl::stand_in
