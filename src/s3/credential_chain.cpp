#include "s3/credential_chain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/loopback.hpp"
#include "base/text.hpp"
#include "net/url.hpp"

namespace etl::s3 {
namespace {

constexpr std::string_view default_session_name = "aced-etl";
/// Of the ECS agent ("Task IAM role", AWS_CONTAINER_CREDENTIALS_RELATIVE_URI).
constexpr std::string_view ecs_agent = "http://169.254.170.2";

/// Where a container's agent may be asked over plain HTTP: the machine itself and the agents' own addresses. Any other
/// host could be made to collect the authorization token.
bool may_ask_in_clear(std::string_view host) {
  constexpr std::array agents{"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  return is_loopback(host) || std::ranges::find(agents, host) != agents.end();
}

Credentials whole_key(std::optional<std::string> id, std::optional<std::string> secret,
                      std::optional<std::string> token, std::string origin) {
  if (!id || !secret) {
    throw UsageError(id ? "the AWS key has no secret" : "the AWS key has no id", origin,
                     "set both aws_access_key_id and aws_secret_access_key");
  }
  return {std::move(*id), std::move(*secret), std::move(token).value_or(""), std::move(origin)};
}

std::optional<std::string> text_of(const std::optional<ValueWithOrigin>& value) {
  return value ? std::optional(value->text) : std::nullopt;
}

}  // namespace

CredentialSource CredentialChain::of(const std::string& profile) {
  if (use_environment_) {
    if (auto key = environment_key()) return {*std::move(key)};
  }
  return of_profile(profile, use_environment_);
}

CredentialSource CredentialChain::of_profile(const std::string& profile, bool use_environment) {
  // `role_arn` belongs to a web identity where the profile has a token file, and to another key where it names one.
  const bool has_token_file = files_.get(profile, "web_identity_token_file").has_value();
  const bool names_source = files_.get(profile, "source_profile") || files_.get(profile, "credential_source");
  if (names_source && !has_token_file) {
    if (auto role = assumed_role(profile)) return {*std::move(role)};
  }
  if (auto identity = web_identity(profile, use_environment)) return {*std::move(identity)};
  if (auto role = assumed_role(profile)) return {*std::move(role)};
  if (auto key = profile_key(profile)) return {*std::move(key)};
  if (auto command = process(profile)) return {*std::move(command)};
  for (const char* key : {"sso_session", "sso_start_url"}) {
    if (const auto value = files_.get(profile, key)) {
      throw UsageError(fmt::format("the AWS profile `{}` signs in by `{}`, which is interactive", profile, key),
                       value->origin, "use a profile with a key, a role, or a credential_process");
    }
  }
  if (auto agent = container()) return {*std::move(agent)};
  if (variable(environment_, "AWS_EC2_METADATA_DISABLED") == "true") throw no_key(profile);
  return {instance(profile)};
}

std::optional<Credentials> CredentialChain::environment_key() const {
  auto id = variable(environment_, "AWS_ACCESS_KEY_ID");
  auto secret = variable(environment_, "AWS_SECRET_ACCESS_KEY");
  if (!id && !secret) return std::nullopt;
  return whole_key(std::move(id), std::move(secret), variable(environment_, "AWS_SESSION_TOKEN"),
                   "environment AWS_ACCESS_KEY_ID");
}

std::optional<Credentials> CredentialChain::profile_key(const std::string& profile) const {
  const auto id = files_.get(profile, "aws_access_key_id");
  const auto secret = files_.get(profile, "aws_secret_access_key");
  if (!id && !secret) return std::nullopt;
  return whole_key(text_of(id), text_of(secret), text_of(files_.get(profile, "aws_session_token")),
                   id ? id->origin : secret->origin);
}

std::optional<ValueWithOrigin> CredentialChain::variable_or_file(const char* name, const std::string& profile,
                                                                 std::string_view key, bool use_environment) const {
  if (use_environment) {
    if (auto value = variable(environment_, name)) return ValueWithOrigin{*value, fmt::format("environment {}", name)};
  }
  return files_.get(profile, key);
}

/// STS lends keys to whoever shows the token or signs the request, so only an endpoint that was configured for STS is
/// asked, never a general endpoint_url: that is usually an S3 service of another vendor.
std::string CredentialChain::sts_endpoint(const std::string& profile) const {
  if (const auto own = configured_sts_endpoint(profile)) {
    const auto origin = net::origin_of(own->text);
    if (origin.starts_with("http://") && !is_loopback(host_of_origin(origin))) {
      throw UsageError("the address of STS is not encrypted: a token or a signed request would travel in clear text",
                       own->origin, "use https:// for the endpoint of STS");
    }
    return own->text;
  }
  if (!std::ranges::all_of(region_.text,
                           [](char c) { return c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); })) {
    throw UsageError("this is not the name of an AWS region: " + printable(region_.text), region_.origin,
                     "use a name such as us-west-2");
  }
  return fmt::format("https://sts.{}.{}", region_.text,
                     region_.text.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com");
}

std::optional<ValueWithOrigin> CredentialChain::configured_sts_endpoint(const std::string& profile) const {
  if (variable(environment_, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true") return std::nullopt;
  if (auto value = variable(environment_, "AWS_ENDPOINT_URL_STS")) {
    return ValueWithOrigin{*value, "environment AWS_ENDPOINT_URL_STS"};
  }
  return files_.service_endpoint(profile, "sts");
}

std::optional<WebIdentity> CredentialChain::web_identity(const std::string& profile, bool use_environment) const {
  const auto token =
      variable_or_file("AWS_WEB_IDENTITY_TOKEN_FILE", profile, "web_identity_token_file", use_environment);
  if (!token) return std::nullopt;
  const auto role = variable_or_file("AWS_ROLE_ARN", profile, "role_arn", use_environment);
  if (!role) {
    throw UsageError("a web identity token file is configured, but no role", token->origin,
                     "set AWS_ROLE_ARN or role_arn");
  }
  const auto session = variable_or_file("AWS_ROLE_SESSION_NAME", profile, "role_session_name", use_environment);
  return WebIdentity{role->text, expand_home(environment_, token->text),
                     session ? session->text : std::string(default_session_name), sts_endpoint(profile), role->origin};
}

std::optional<AssumedRole> CredentialChain::assumed_role(const std::string& profile) {
  const auto role = files_.get(profile, "role_arn");
  // A profile that was visited already is the end of a chain: its own key counts, not its role again.
  if (!role || visited_.contains(profile)) return std::nullopt;
  if (const auto mfa = files_.get(profile, "mfa_serial")) {
    throw UsageError(fmt::format("the AWS profile `{}` asks for a one-time code (mfa_serial)", profile), mfa->origin,
                     "use a role that does not ask for one");
  }
  const auto source_profile = files_.get(profile, "source_profile");
  const auto credential_source = files_.get(profile, "credential_source");
  if (!source_profile == !credential_source) {
    throw UsageError(fmt::format("the AWS profile `{}` has a role_arn and {}", profile,
                                 source_profile ? "both source_profile and credential_source"
                                                : "neither source_profile nor credential_source"),
                     role->origin, "set exactly one of the two: it says whose key assumes the role");
  }
  visited_.insert(profile);
  AssumedRole assumed;
  assumed.role_arn = role->text;
  assumed.session_name = text_of(files_.get(profile, "role_session_name")).value_or(std::string(default_session_name));
  assumed.external_id = text_of(files_.get(profile, "external_id")).value_or("");
  if (const auto seconds = files_.get(profile, "duration_seconds")) {
    long value = 0;
    const auto* const last = seconds->text.data() + seconds->text.size();
    const auto read = std::from_chars(seconds->text.data(), last, value);
    if (read.ec != std::errc{} || read.ptr != last || value < 900 || value > 43200) {
      throw UsageError("duration_seconds is not a number from 900 to 43200: " + printable(seconds->text),
                       seconds->origin);
    }
    assumed.duration = std::chrono::seconds(value);
  }
  assumed.sts_endpoint = sts_endpoint(profile);
  assumed.region = region_.text;
  assumed.origin = role->origin;
  if (credential_source) {
    assumed.base = std::make_shared<const CredentialSource>(named_source(*credential_source));
    return assumed;
  }
  if (!files_.has(source_profile->text)) {
    const auto near = nearest(source_profile->text, files_.names());
    throw UsageError(fmt::format("the AWS profile `{}`, the source_profile of `{}`, does not exist{}",
                                 source_profile->text, profile, near.empty() ? "" : "; did you mean `" + near + "`?"),
                     source_profile->origin);
  }
  if (visited_.contains(source_profile->text) && !profile_key(source_profile->text)) {
    throw UsageError(fmt::format("the source_profile chain of the AWS profile `{}` returns to `{}`, which has no key",
                                 profile, source_profile->text),
                     source_profile->origin, "end the chain at a profile with a key");
  }
  assumed.base = std::make_shared<const CredentialSource>(of_profile(source_profile->text, false));
  return assumed;
}

CredentialSource CredentialChain::named_source(const ValueWithOrigin& name) const {
  if (name.text == "Environment") {
    if (auto key = environment_key()) return {*std::move(key)};
    throw UsageError("credential_source is Environment, but AWS_ACCESS_KEY_ID is not set", name.origin);
  }
  if (name.text == "EcsContainer") {
    if (auto agent = container()) return {*std::move(agent)};
    throw UsageError(
        "credential_source is EcsContainer, but neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
        "AWS_CONTAINER_CREDENTIALS_FULL_URI is set",
        name.origin);
  }
  if (name.text == "Ec2InstanceMetadata") {
    auto metadata = instance({});
    metadata.if_absent =
        UsageError("credential_source is Ec2InstanceMetadata, but the instance's metadata service does not answer",
                   name.origin, "a pod reaches it only with a hop limit of 2 or more");
    return {std::move(metadata)};
  }
  throw UsageError(
      "credential_source must be Environment, EcsContainer or Ec2InstanceMetadata, not " + printable(name.text),
      name.origin);
}

std::optional<CredentialProcess> CredentialChain::process(const std::string& profile) const {
  const auto command = files_.get(profile, "credential_process");
  if (!command) return std::nullopt;
  return CredentialProcess{command->text, command->origin};
}

std::optional<ContainerAgent> CredentialChain::container() const {
  ContainerAgent agent;
  if (const auto path = variable(environment_, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    agent.origin = "environment AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    if (!path->starts_with('/')) throw UsageError("the address of the container's agent is not a path", agent.origin);
    agent.url = std::string(ecs_agent) + *path;
  } else if (const auto url = variable(environment_, "AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
    agent.origin = "environment AWS_CONTAINER_CREDENTIALS_FULL_URI";
    const auto origin = net::origin_of(*url);
    if (!origin.starts_with("https://") && !may_ask_in_clear(host_of_origin(origin))) {
      throw UsageError("the container's agent would send a key over plain HTTP: " + origin, agent.origin,
                       "use https://, or the address of the machine itself");
    }
    agent.url = *url;
  } else {
    return std::nullopt;
  }
  if (const auto file = variable(environment_, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    agent.token_file = expand_home(environment_, *file);
  } else {
    agent.token = variable(environment_, "AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  }
  return agent;
}

InstanceMetadata CredentialChain::instance(const std::string& profile) const {
  const bool ipv6 = variable(environment_, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") == "ipv6";
  auto endpoint = variable(environment_, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
                      .value_or(ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return {std::move(endpoint), "the instance's metadata service", no_key(profile)};
}

UsageError CredentialChain::no_key(const std::string& profile) const {
  const auto names = files_.names();
  return UsageError(
      fmt::format("there is no AWS key: AWS_ACCESS_KEY_ID is not set, and the profile `{}` has none", profile),
      files_.paths(),
      names.empty() ? "write a profile with aws_access_key_id and aws_secret_access_key"
                    : fmt::format("choose one of these profiles: {}", fmt::join(names, ", ")));
}

}  // namespace etl::s3
