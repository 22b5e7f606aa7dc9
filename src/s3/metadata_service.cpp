#include "s3/metadata_service.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "net/encode.hpp"
#include "net/http.hpp"

namespace etl::s3 {
namespace {

using std::chrono::milliseconds;

/// These services are on the machine or its link: they answer at once or not at all, and never through a proxy.
net::HttpOptions nearby(milliseconds patience, unsigned attempts) {
  net::HttpOptions options;
  options.connect = patience;
  options.total = patience;
  options.attempts = attempts;
  options.first_wait = milliseconds(100);
  options.longest_wait = milliseconds(500);
  options.largest_body = std::size_t{64} * 1024;
  options.direct = true;
  return options;
}

std::string authorization_of(const ContainerAgent& agent) {
  if (agent.token_file.empty()) {
    secrets::add(agent.token);
    return agent.token;
  }
  try {
    std::string token(trim(read_file(agent.token_file)));
    secrets::add(token);
    return token;
  } catch (const InputError& error) {
    throw UsageError(fmt::format("the authorization token of the container's agent cannot be read: {}", error.what()),
                     agent.token_file.string(), "check AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  }
}

}  // namespace

LentKey ask(const ContainerAgent& agent, const std::string& ca_bundle) {
  net::HttpClient http(nearby(milliseconds(2000), 3));
  net::Request request;
  request.url = agent.url;
  request.ca_file = ca_bundle;
  if (auto token = authorization_of(agent); !token.empty()) {
    request.headers.push_back({"Authorization", std::move(token)});
  }
  const auto where = net::without_query(agent.url);
  const auto answer = http.send(request);
  if (answer.ok()) return parse_lent_key(answer.body, fmt::format("the container's agent ({})", agent.origin), where);
  const auto what = fmt::format("the container's agent answered HTTP {}", answer.status);
  if (answer.status == 429 || answer.status >= 500) throw UnavailableError(what, where, "run again later");
  throw NotAllowedError(what, where, "check the association of the service account with its role, and the token");
}

LentKey ask(const InstanceMetadata& metadata) {
  net::HttpClient http(nearby(milliseconds(1000), 2));
  const auto get = [&](const std::string& path, const std::string& token) {
    return http.send({.url = metadata.endpoint + path, .headers = {{"X-aws-ec2-metadata-token", token}}});
  };
  try {
    const auto token = http.send({.method = "PUT",
                                  .url = metadata.endpoint + "/latest/api/token",
                                  .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}}});
    if (!token.ok()) throw UsageError(metadata.if_absent);
    secrets::add(token.body);
    const std::string roles = "/latest/meta-data/iam/security-credentials/";
    const auto listed = get(roles, token.body);
    const std::string role(trim(std::string_view(listed.body).substr(0, listed.body.find('\n'))));
    if (!listed.ok() || role.empty()) throw UsageError(metadata.if_absent);
    const auto answer = get(roles + net::path_segment(role), token.body);
    const auto where = metadata.endpoint + roles + printable(role);
    if (!answer.ok()) {
      throw UnavailableError(fmt::format("the instance's metadata service answered HTTP {}", answer.status), where);
    }
    return parse_lent_key(answer.body, "the instance's role " + printable(role), where);
  } catch (const UnavailableError& error) {
    if (!error.where().starts_with(metadata.endpoint + "/latest/api/token")) throw;
    throw UsageError(metadata.if_absent);  // nothing answers: this machine is no EC2 instance
  }
}

}  // namespace etl::s3
