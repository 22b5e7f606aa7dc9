#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "s3/credentials.hpp"

/// AWS's settings and keys, found where the AWS CLI finds them and with its precedence (AWS CLI user guide,
/// "Configuration and credential precedence", "Service-specific endpoints").
namespace etl::s3 {

/// A value and where it came from, for people.
struct Sourced {
  std::string text;
  std::string origin;
};

enum class Addressing {
  automatic,     ///< path style at an endpoint of its own, virtual hosts at AWS
  path,          ///< https://host/bucket/key
  virtual_host,  ///< https://bucket.host/key
};

/// A role that is taken with a token that Kubernetes mounts (service accounts on EKS).
struct WebIdentity {
  std::string role_arn;
  std::filesystem::path token_file;
  std::string session_name;
  /// https://sts.<region>.amazonaws.com, or what is configured for STS by name (AWS_ENDPOINT_URL_STS, `sts` of a
  /// [services] section); never an address that is configured for all services.
  std::string sts_endpoint;
  std::string origin;
};

/// What a command line may say; it counts more than the rest.
struct ProfileChoice {
  std::optional<std::string> profile;
  std::optional<std::string> region;
  std::optional<std::string> endpoint_url;
};

struct Profile {
  std::string name;                     ///< "default" when nobody names one
  std::optional<Credentials> key;       ///< a key pair, or
  std::optional<WebIdentity> identity;  ///< what to get one with
  Sourced region;
  std::optional<Sourced> endpoint_url;  ///< none: AWS itself
  Addressing addressing = Addressing::automatic;
};

/// Reads AWS_CONFIG_FILE (~/.aws/config) and AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials). Keys come from
/// AWS_ACCESS_KEY_ID & co. unless the command line names a profile, then from a web identity, then from the profile.
/// UsageError when there is no such profile (it names the files and the profiles there are), no key, half a key, or a
/// kind of login that is not supported (SSO, credential_process, roles of other profiles).
[[nodiscard]] Profile read_profile(const ProfileChoice& choice = {},
                                   const config::Environment& environment = config::process_environment());

/// The profiles that both files have, sorted.
[[nodiscard]] std::vector<std::string> profile_names(
    const config::Environment& environment = config::process_environment());

}  // namespace etl::s3
