#include "s3/key_source.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "net/encode.hpp"
#include "s3/answer.hpp"
#include "s3/time.hpp"
#include "s3/xml.hpp"

namespace etl::s3 {
namespace {

/// A key is renewed this long before its end, so that what is signed now is still good when it arrives.
constexpr std::chrono::minutes kEarly{5};

std::string read_token(const WebIdentity& identity) {
  try {
    std::string token(trim(read_file(identity.token_file)));
    secrets::add(token);
    return token;
  } catch (const InputError& error) {
    throw UsageError(fmt::format("the service account's token cannot be read: {}", error.what()),
                     identity.token_file.string(), "check the pod's service account and AWS_WEB_IDENTITY_TOKEN_FILE");
  }
}

void keep_secret(const Credentials& key) {
  secrets::add(key.secret_access_key);
  secrets::add(key.session_token);
}

}  // namespace

KeySource::KeySource(net::HttpClient& http, const Profile& profile)
    : http_(http), identity_(profile.identity), key_(profile.key) {
  if (!key_ && !identity_) throw FaultError("a profile without a key");
  if (key_) keep_secret(*key_);
}

Credentials KeySource::current() {
  const std::lock_guard lock(mutex_);
  if (!key_ || Clock::now() + kEarly >= expires_) assume_role();
  return *key_;
}

void KeySource::assume_role() {
  net::Request request;
  request.method = "POST";
  request.url = identity_->sts_endpoint + (identity_->sts_endpoint.ends_with('/') ? "" : "/");
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = fmt::format(
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&WebIdentityToken={}",
      net::percent_encode(identity_->role_arn), net::percent_encode(identity_->session_name),
      net::percent_encode(read_token(*identity_)));
  request.repeatable = true;
  request.accept = [](const net::Response& one) {
    return !one.ok() || is_document(one.body, "AssumeRoleWithWebIdentityResponse");
  };
  const auto where = fmt::format("{} for {}", net::without_query(request.url), identity_->role_arn);
  const auto response = http_.send(request);
  if (!response.ok()) {
    const auto fault = parse_fault(response);
    const auto what =
        fmt::format("STS answered HTTP {}{}", response.status, fault.code.empty() ? "" : ": " + fault.code);
    if (response.status == 429 || response.status >= 500) throw UnavailableError(what, where, "run again later");
    const auto cause = explain_denial(fault.code);
    throw NotAllowedError(what, where,
                          cause.empty() || fault.code == "AccessDenied"
                              ? "check that the role's trust policy names this service account"
                              : cause);
  }
  const Xml xml(response.body, "AssumeRoleWithWebIdentityResponse", where);
  const auto key = xml.root().child("AssumeRoleWithWebIdentityResult").child("Credentials");
  const auto expires = parse_iso_time(text_of(key, "Expiration"));
  Credentials lent{text_of(key, "AccessKeyId"), text_of(key, "SecretAccessKey"), text_of(key, "SessionToken"),
                   fmt::format("role {} ({})", identity_->role_arn, identity_->origin)};
  if (lent.access_key_id.empty() || lent.secret_access_key.empty() || lent.session_token.empty()) {
    throw UnavailableError("the answer of STS has no key", where, "check the address of STS");
  }
  keep_secret(lent);
  key_ = std::move(lent);
  expires_ = expires.value_or(Clock::now() + 2 * kEarly);
}

}  // namespace etl::s3
