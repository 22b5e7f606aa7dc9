#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "s3/aws_files.hpp"
#include "s3/credential_source.hpp"

/// AWS's settings and keys, found where the AWS CLI finds them and with its precedence (AWS CLI user guide,
/// "Configuration and credential precedence", "Service-specific endpoints").
namespace etl::s3 {

enum class Addressing {
  automatic,     ///< path style at an endpoint of its own, virtual hosts at AWS
  path,          ///< https://host/bucket/key
  virtual_host,  ///< https://bucket.host/key
};

/// What a command line may say; it counts more than the rest.
struct ProfileChoice {
  std::optional<std::string> profile;
  std::optional<std::string> region;
  std::optional<std::string> endpoint_url;
};

struct Profile {
  std::string name;  ///< "default" unless one is named
  CredentialSource credentials;
  ValueWithOrigin region;
  std::optional<ValueWithOrigin> endpoint_url;  ///< none: AWS itself
  Addressing addressing = Addressing::automatic;
  std::string ca_bundle;  ///< file of certificate authorities for S3 and STS; empty: those of the system
};

/// Reads the profile from the environment and AWS's files. Where its key comes from: CredentialChain. UsageError when
/// there is no such profile (it names the files and the profiles there are), and as CredentialChain::of().
[[nodiscard]] Profile read_profile(const ProfileChoice& choice = {},
                                   const config::Environment& environment = config::process_environment());

/// The profiles that both files have, sorted.
[[nodiscard]] std::vector<std::string> profile_names(
    const config::Environment& environment = config::process_environment());

}  // namespace etl::s3
