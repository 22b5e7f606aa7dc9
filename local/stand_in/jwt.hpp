#pragma once

#include <openssl/evp.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "stand_in/request.hpp"

namespace etl::stand_in {

/// The RSA key that tokens are signed with (RS256).
class SigningKey {
 public:
  /// From `home`/jwt-key.pem, which is made (RSA 2048, mode 0600) when it is missing. Throws what reading and writing
  /// files throw, InputError when the file holds no key.
  [[nodiscard]] static SigningKey load(const std::string& home);

  /// A JWT of these claims.
  [[nodiscard]] std::string sign(const Json& claims) const;

  enum class Verdict { good, malformed, bad_signature };
  /// `claims` is filled when the verdict is good; time is not looked at.
  [[nodiscard]] Verdict verify(std::string_view token, Json& claims) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  explicit SigningKey(EVP_PKEY* key) : key_(key) {}
  std::unique_ptr<EVP_PKEY, Free> key_;
};

/// Who a token is for, and for how long.
struct TokenOrder {
  std::string issuer;
  std::string user;
  std::string user_id;
  std::chrono::seconds lifetime{};
};

/// A fence API key: purpose `api_key`. `key_id` gets its jti.
[[nodiscard]] std::string make_api_key(const SigningKey& key, const TokenOrder& order, std::string& key_id);

/// An access token. With `login` it is one of a session in the browser, which may make API keys (scope `credentials`).
[[nodiscard]] std::string make_access_token(const SigningKey& key, const TokenOrder& order, bool login);

/// Seconds since 1970.
[[nodiscard]] std::int64_t unix_now();

/// A random UUID (version 4).
[[nodiscard]] std::string random_uuid();

}  // namespace etl::stand_in
