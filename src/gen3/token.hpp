#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// Gen3's tokens: JSON Web Tokens that fence signs. A client reads what they say; only the services check them.
namespace etl::gen3 {

using Clock = std::chrono::system_clock;

/// What a token says of itself. What it does not say is empty or the epoch.
struct Claims {
  std::string issuer;   ///< `https://commons.example.org/user`
  std::string purpose;  ///< `api_key`, `access`
  std::string user;     ///< context.user.name
  Clock::time_point issued{};
  Clock::time_point expires{};
};

/// InputError with `where` when `token` is no JWT or its times are out of range (1970 to 2200); the token itself is
/// never part of an error.
[[nodiscard]] Claims read_claims(std::string_view token, const std::string& where);

/// The commons' address: the issuer without `/user`.
[[nodiscard]] std::string endpoint_of(const Claims& claims);

/// A Gen3 API key as the portal gives it: `{"api_key": <JWT>, "key_id": …}`.
struct ApiKey {
  std::string secret;  ///< the JWT
  std::string key_id;
  Claims claims;
  std::string origin;  ///< the file
};

/// Throws UsageError when the file is not there or is no API key.
[[nodiscard]] ApiKey read_api_key(const std::filesystem::path& file);

}  // namespace etl::gen3
