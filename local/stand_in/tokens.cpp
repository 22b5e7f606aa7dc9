#include "stand_in/tokens.hpp"

#include <strings.h>

#include <array>

namespace etl::stand_in {
namespace {

constexpr std::size_t kMostKnown = 10'000;

/// The rest of the header after the scheme; nullopt when it is another scheme.
std::optional<std::string> after_scheme(const std::string& header, std::string_view scheme) {
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return std::nullopt;
  if (::strncasecmp(header.data(), scheme.data(), scheme.size()) != 0) return std::nullopt;
  return header.substr(scheme.size() + 1);
}

Token read_claims(const Json& claims) {
  Token token;
  token.state = Token::State::good;
  token.purpose = claims.value("pur", "");
  token.id = claims.value("jti", "");
  token.expires = claims.value("exp", std::int64_t{0});
  token.user = claims.value(Json::json_pointer("/context/user/name"), "");
  for (const auto& scope : claims.value("scope", Json::array())) token.scopes.insert(scope.get<std::string>());
  return token;
}

}  // namespace

Token Tokens::of_header(const std::string& authorization) {
  Token token;
  if (authorization.empty()) return token;
  const auto text = after_scheme(authorization, "bearer");
  if (!text) {
    token.state = Token::State::other_scheme;
    return token;
  }
  token = of_text(*text);
  if (token.good() && token.purpose != "access") token.state = Token::State::wrong_purpose;
  return token;
}

Token Tokens::of_text(const std::string& text) {
  const std::lock_guard lock(mutex_);
  auto found = known_.find(text);
  if (found == known_.end()) {
    Token token;
    Json claims;
    switch (key_.verify(text, claims)) {
      case SigningKey::Verdict::good:
        try {
          token = read_claims(claims);
        } catch (const Json::exception&) {
          token.state = Token::State::malformed;
        }
        break;
      case SigningKey::Verdict::malformed:
        token.state = Token::State::malformed;
        break;
      case SigningKey::Verdict::bad_signature:
        token.state = Token::State::bad_signature;
        break;
    }
    if (known_.size() >= kMostKnown) known_.clear();
    found = known_.emplace(text, std::move(token)).first;
  }
  Token token = found->second;
  if (token.good() && token.expires <= unix_now()) token.state = Token::State::expired;
  return token;
}

std::optional<std::pair<std::string, std::string>> basic_login(const std::string& authorization) {
  const auto encoded = after_scheme(authorization, "basic");
  if (!encoded) return std::nullopt;
  std::string text(encoded->size() / 4 * 3 + 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(encoded->data()), static_cast<int>(encoded->size()));
  if (size < 0) return std::pair<std::string, std::string>();
  text.resize(static_cast<std::size_t>(size));
  while (text.ends_with('\0')) text.pop_back();  // what padding decodes to
  const auto colon = text.find(':');
  if (colon == std::string::npos) return std::pair<std::string, std::string>();
  return std::pair(text.substr(0, colon), text.substr(colon + 1));
}

}  // namespace etl::stand_in
