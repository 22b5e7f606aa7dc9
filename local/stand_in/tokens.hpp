#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "stand_in/jwt.hpp"
#include "stand_in/request.hpp"

namespace etl::stand_in {

/// What a token says; each service has its own words for one that is not good.
struct Token {
  enum class State { absent, other_scheme, malformed, bad_signature, wrong_purpose, expired, good };
  State state = State::absent;
  std::string user;  ///< an address of user.yaml; empty unless the signature is good
  std::string purpose;
  std::string id;
  std::set<std::string> scopes;
  std::int64_t expires = 0;

  [[nodiscard]] bool good() const { return state == State::good; }
};

/// Checks tokens, and remembers those that it has checked: a signature costs more than all else of a small call.
class Tokens {
 public:
  explicit Tokens(const SigningKey& key) : key_(key) {}

  /// Of an Authorization header: `bearer TOKEN`, whatever the case of the scheme. Only access tokens are good there.
  [[nodiscard]] Token of_header(const std::string& authorization);
  [[nodiscard]] Token of_text(const std::string& text);

 private:
  const SigningKey& key_;
  std::mutex mutex_;
  std::unordered_map<std::string, Token> known_;
};

/// `Basic` with the name and the password: how services call each other. nullopt: another scheme, or none.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> basic_login(const std::string& authorization);

}  // namespace etl::stand_in
