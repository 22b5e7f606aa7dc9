#include "gen3/endpoint.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/loopback.hpp"
#include "net/url.hpp"

namespace etl::gen3 {
namespace {

/// Empty when it is not an http(s) address.
std::string origin_or_nothing(const std::string& address) {
  try {
    return net::origin_of(address);
  } catch (const UsageError&) {
    return {};
  }
}

}  // namespace

std::string issuer_address(const Session::Options& options) {
  if (!options.access_token.empty()) return endpoint_of(read_claims(options.access_token, options.access_token_origin));
  return options.key ? endpoint_of(options.key->claims) : std::string{};
}

std::string address_of(const Session::Options& options) {
  std::string address = options.endpoint.empty() ? issuer_address(options) : options.endpoint;
  if (address.empty() && options.key) address = endpoint_of(options.key->claims);
  while (address.ends_with('/')) address.pop_back();
  return address;
}

bool same_origin(const std::string& one, const std::string& other) {
  const std::string origin = origin_or_nothing(one);
  return !origin.empty() && origin == origin_or_nothing(other);
}

bool is_on_loopback(const std::string& address) {
  const std::string origin = origin_or_nothing(address);
  return !origin.empty() && is_loopback(host_of_origin(origin));
}

void require_safe_endpoint(const config::Settings& settings, const Session::Options& options) {
  if (options.access_token.empty() && !options.key) return;
  const std::string what = options.access_token.empty() ? "the API key" : "the access token";
  if (settings.layer_of("gen3.endpoint") == config::Layer::file) {
    const std::string issuer = issuer_address(options);
    if (!same_origin(options.endpoint, issuer)) {
      throw UsageError(fmt::format("{} was issued by {}; etl.yaml must not send it to {}", what,
                                   issuer.empty() ? "an issuer that it does not name" : net::without_query(issuer),
                                   net::without_query(options.endpoint)),
                       settings.get("gen3.endpoint")->origin,
                       "remove `gen3.endpoint` there; if the commons really has this address too, set GEN3_ENDPOINT or "
                       "pass --endpoint");
    }
  }
  const std::string address = address_of(options);
  if (!origin_or_nothing(address).starts_with("http://") || is_on_loopback(address)) return;
  if (settings.flag("gen3.allow_http")) return;
  throw UsageError(fmt::format("{} would be sent to {} unencrypted", what, net::without_query(address)), {},
                   "use the commons' https address; within a trusted network set ACED_ETL_ALLOW_HTTP=yes");
}

}  // namespace etl::gen3
