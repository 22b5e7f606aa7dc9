#pragma once

#include <set>
#include <string>

#include "config/settings.hpp"
#include "s3/aws_files.hpp"
#include "s3/credential_source.hpp"

namespace etl::s3 {

/// Finds where a profile's key comes from, in the order of the AWS CLI (AWS CLI user guide, "Configuration and
/// credential precedence"): the environment's key; a role (`role_arn`) with another profile's key or a credential
/// source; a web identity; the profile's own key; `credential_process`; the container's agent; the instance's metadata
/// service. Nothing is contacted here.
class CredentialChain {
 public:
  /// `use_environment`: false when the command line names the profile; the key, role and web identity of the
  /// environment then do not count.
  CredentialChain(const AwsFiles& files, const config::Environment& environment, bool use_environment,
                  ValueWithOrigin region)
      : files_(files), environment_(environment), use_environment_(use_environment), region_(std::move(region)) {}

  /// UsageError for half a key, a login that needs a person (SSO, MFA), a source profile that is absent or refers to
  /// itself, or when there is no source at all.
  [[nodiscard]] CredentialSource of(const std::string& profile);

 private:
  [[nodiscard]] std::optional<Credentials> environment_key() const;
  [[nodiscard]] std::optional<Credentials> profile_key(const std::string& profile) const;
  [[nodiscard]] std::optional<WebIdentity> web_identity(const std::string& profile, bool use_environment) const;
  [[nodiscard]] std::optional<AssumedRole> assumed_role(const std::string& profile);
  [[nodiscard]] std::optional<CredentialProcess> process(const std::string& profile) const;
  [[nodiscard]] std::optional<ContainerAgent> container() const;
  [[nodiscard]] InstanceMetadata instance(const std::string& profile) const;
  /// Without the environment's key: what a profile says, then the machine.
  [[nodiscard]] CredentialSource of_profile(const std::string& profile, bool use_environment);
  [[nodiscard]] CredentialSource named_source(const ValueWithOrigin& name) const;
  [[nodiscard]] std::optional<ValueWithOrigin> variable_or_file(const char* name, const std::string& profile,
                                                                std::string_view key, bool use_environment) const;
  [[nodiscard]] std::string sts_endpoint(const std::string& profile) const;
  [[nodiscard]] std::optional<ValueWithOrigin> configured_sts_endpoint(const std::string& profile) const;
  [[nodiscard]] UsageError no_key(const std::string& profile) const;

  const AwsFiles& files_;
  const config::Environment& environment_;
  bool use_environment_;
  ValueWithOrigin region_;
  std::set<std::string> visited_;  ///< profiles whose role is being resolved
};

}  // namespace etl::s3
