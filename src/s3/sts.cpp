#include "s3/sts.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "net/encode.hpp"
#include "s3/answer.hpp"
#include "s3/sign.hpp"
#include "s3/time.hpp"
#include "s3/xml.hpp"

namespace etl::s3 {
namespace {

using Clock = std::chrono::system_clock;

/// For an answer without a time of expiry: long enough to be used, short enough to be asked for again.
constexpr std::chrono::minutes assumed_life{10};

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

net::Request post(const std::string& endpoint, std::string body) {
  net::Request request;
  request.method = "POST";
  request.url = endpoint + (endpoint.ends_with('/') ? "" : "/");
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = std::move(body);
  request.repeatable = true;
  return request;
}

}  // namespace

LentKey Sts::assume(const WebIdentity& identity) const {
  return send(post(identity.sts_endpoint,
                   fmt::format("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}"
                               "&WebIdentityToken={}",
                               net::percent_encode(identity.role_arn), net::percent_encode(identity.session_name),
                               net::percent_encode(read_token(identity)))),
              "AssumeRoleWithWebIdentity", identity.role_arn, identity.origin,
              "check that the role's trust policy names this service account");
}

LentKey Sts::assume(const AssumedRole& role, const Credentials& base) const {
  auto body =
      fmt::format("Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName={}&DurationSeconds={}",
                  net::percent_encode(role.role_arn), net::percent_encode(role.session_name), role.duration.count());
  if (!role.external_id.empty()) body += "&ExternalId=" + net::percent_encode(role.external_id);
  auto request = post(role.sts_endpoint, std::move(body));
  SignContext context;
  context.region = role.region;
  context.service = "sts";
  sign(request, base, context);
  return send(std::move(request), "AssumeRole", role.role_arn, role.origin,
              fmt::format("check that the role's trust policy names the owner of the key ({})", base.origin));
}

LentKey Sts::send(net::Request request, const std::string& action, const std::string& role_arn,
                  const std::string& origin, const std::string& denied_hint) const {
  request.ca_file = ca_bundle_;
  const std::string root = action + "Response";
  request.accept = [&](const net::Response& one) { return !one.ok() || is_document(one.body, root.c_str()); };
  const auto where = fmt::format("{} for {}", net::without_query(request.url), role_arn);
  const auto response = http_.send(request);
  if (!response.ok()) {
    const auto reason = parse_error_answer(response);
    const auto what =
        fmt::format("STS answered HTTP {}{}", response.status, reason.code.empty() ? "" : ": " + reason.code);
    if (response.status == 429 || response.status >= 500) throw UnavailableError(what, where, "run again later");
    const auto cause = explain_denial(reason.code);
    throw NotAllowedError(what, where, cause.empty() || reason.code == "AccessDenied" ? denied_hint : cause);
  }
  const Xml xml(response.body, root.c_str(), where);
  const auto key = xml.root().child((action + "Result").c_str()).child("Credentials");
  const auto expires = parse_iso_time(text_of(key, "Expiration"));
  LentKey lent{{text_of(key, "AccessKeyId"), text_of(key, "SecretAccessKey"), text_of(key, "SessionToken"),
                fmt::format("role {} ({})", role_arn, origin)},
               expires.value_or(Clock::now() + assumed_life)};
  if (lent.key.access_key_id.empty() || lent.key.secret_access_key.empty() || lent.key.session_token.empty()) {
    throw UnavailableError("the answer of STS contains no key", where, "check the address of STS");
  }
  return lent;
}

}  // namespace etl::s3
