#pragma once

#include <string>

#include "net/http.hpp"
#include "s3/credential_source.hpp"
#include "s3/lent_key.hpp"

namespace etl::s3 {

/// AWS Security Token Service: lends the key of a role.
class Sts {
 public:
  /// `http` and `ca_bundle` must outlive it.
  Sts(net::HttpClient& http, const std::string& ca_bundle) : http_(http), ca_bundle_(ca_bundle) {}

  /// AssumeRoleWithWebIdentity. UsageError when the mounted token cannot be read, NotAllowedError when STS refuses,
  /// UnavailableError when it does not answer or its answer has no key.
  [[nodiscard]] LentKey assume(const WebIdentity& identity) const;
  /// AssumeRole, signed with `base`.
  [[nodiscard]] LentKey assume(const AssumedRole& role, const Credentials& base) const;

 private:
  [[nodiscard]] LentKey send(net::Request request, const std::string& action, const std::string& role_arn,
                             const std::string& origin, const std::string& denied_hint) const;

  net::HttpClient& http_;
  const std::string& ca_bundle_;
};

}  // namespace etl::s3
