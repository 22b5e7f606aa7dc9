#include "gen3/session.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/bounded_json.hpp"
#include "base/error.hpp"
#include "base/secrets.hpp"
#include "gen3/answer.hpp"
#include "gen3/endpoint.hpp"
#include "net/unexpected_answer.hpp"
#include "net/url.hpp"

namespace etl::gen3 {
namespace {

using namespace std::chrono_literals;

/// A call that begins with a token of this age must not outlive it.
constexpr std::chrono::seconds margin = 60s;
/// No token is believed for longer than this without asking anew.
constexpr std::chrono::seconds longest_life = 24h;

std::string when(Clock::time_point time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(Clock::to_time_t(time)));
}

/// The service that answers at this path of a commons.
std::string_view service_at(std::string_view path) {
  for (const auto& [prefix, service] : {std::pair<std::string_view, std::string_view>{"/user/", "fence"},
                                        {"/index/", "indexd"},
                                        {"/api/", "sheepdog"},
                                        {"/mds", "metadata-service"}}) {
    if (path.starts_with(prefix)) return service;
  }
  return "the commons";
}

/// The commons' address, and what it comes from: `GEN3_ENDPOINT https://…`.
std::string named_by(const Session::Options& options, const std::string& endpoint) {
  std::string_view origin = options.endpoint_origin;
  constexpr std::string_view environment = "environment ";
  constexpr std::string_view flag = "flag ";
  if (origin.starts_with(environment)) origin.remove_prefix(environment.size());
  if (origin.starts_with(flag)) origin.remove_prefix(flag.size());
  if (origin.empty()) origin = options.key ? "the issuer of the API key," : "the issuer of the access token,";
  return fmt::format("{} {}", origin, net::without_query(endpoint));
}

void check_endpoint(const std::string& endpoint) {
  static_cast<void>(net::origin_of(endpoint));  // or it throws
  if (endpoint.find_first_of("?#@") != std::string::npos) {
    throw UsageError("the address of a commons must not contain a user or a query", net::without_query(endpoint),
                     "write gen3.endpoint as https://commons.example.org");
  }
}

}  // namespace

Session::Session(Options options, net::HttpClient& http) : options_(std::move(options)), http_(http) {
  endpoint_ = address_of(options_);
  if (endpoint_.empty()) {
    throw UsageError("the address of the commons is not known", {},
                     "mount its API key as <creds>/credentials.json, or set GEN3_ENDPOINT");
  }
  check_endpoint(endpoint_);
  token_ = options_.access_token;
  secrets::add(options_.access_token);
  if (options_.key) secrets::add(options_.key->secret);
}

std::string Session::access_token() {
  const std::lock_guard lock(mutex_);
  if (!options_.access_token.empty()) return token_;
  if (token_.empty() || std::chrono::steady_clock::now() >= good_until_) renew();
  return token_;
}

std::string Session::user() const {
  if (options_.key) return options_.key->claims.user;
  if (options_.access_token.empty()) return {};
  try {
    return read_claims(options_.access_token, options_.access_token_origin).user;
  } catch (const InputError&) {
    return {};
  }
}

std::string Session::token_after(const std::string& refused) {
  const std::lock_guard lock(mutex_);
  if (!options_.access_token.empty() || refused == in_vain_) return token_;
  if (token_ == refused) renew();  // else another thread has done it meanwhile
  return token_;
}

/// A token's lifetime is the difference of its own two times: the clocks of the commons and of this machine may differ.
void Session::renew() {
  if (refused_) std::rethrow_exception(refused_);
  if (!options_.key) {
    throw UsageError("there is no API key for the commons", {},
                     "mount it as <creds>/credentials.json, or name it with GEN3_API_KEY");
  }
  const Call call{.method = "POST", .path = "/user/credentials/api/access_token", .with_token = false};
  const std::string what = "fence: getting an access token for the API key";
  net::Request request{.method = "POST", .url = endpoint_ + call.path};
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.body = nlohmann::json{{"api_key", options_.key->secret}, {"key_id", options_.key->key_id}}.dump();
  request.repeatable = true;
  const Shape shape = object_with_texts({"access_token"});
  request.accept = [&](const net::Response& one) { return !one.ok() || has_shape(one, shape); };
  const auto asked = std::chrono::steady_clock::now();
  const net::Response answer = send(request, call.path);
  if (answer.status == 401 || answer.status == 403) {
    const Claims& claims = options_.key->claims;
    const bool expired = claims.expires != Clock::time_point{} && claims.expires < Clock::now();
    const std::string said =
        secrets::redact(expired ? fmt::format("the key expired on {}", when(claims.expires)) : message_of(answer));
    refused_ = std::make_exception_ptr(
        NotAllowedError(fmt::format("{}: HTTP {}{}{}", what, answer.status, said.empty() ? "" : ": ", said),
                        options_.key->origin, "create a new API key on the commons' profile page, and mount it there"));
    std::rethrow_exception(refused_);
  }
  if (!answer.ok()) refuse(what, answer, address(call));
  if (!has_shape(answer, shape)) not_the_service(what, answer, address(call));
  const std::string token = text_in(try_parse_json(answer.body), "access_token");
  secrets::add(token);
  const Claims claims = [&] {
    try {
      return read_claims(token, address(call));
    } catch (const InputError& error) {
      throw net::UnexpectedAnswerError(fmt::format("{}: {}", what, error.what()), address(call),
                                       "check gen3.endpoint (GEN3_ENDPOINT)");
    }
  }();
  token_ = token;
  const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(claims.expires - claims.issued);
  good_until_ = asked + std::clamp<std::chrono::seconds>(lifetime - std::min(margin, lifetime / 4), 1s, longest_life);
}

/// A failed connection says which service it was, and which setting gave its address.
net::Response Session::send(const net::Request& request, const std::string& path) {
  try {
    return http_.send(request);
  } catch (const StoppedError&) {
    throw;
  } catch (const UnavailableError& error) {
    throw UnavailableError(fmt::format("{} ({}): {}", service_at(path), named_by(options_, endpoint_), error.what()),
                           error.where(), error.hint());
  }
}

net::Response Session::call(const Call& call) {
  net::Request request{.method = call.method, .url = endpoint_ + call.path};
  request.repeatable = call.repeatable;
  request.accept = call.accept;
  if (call.body) {
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = call.body->dump();
  } else if (!call.body_text.empty()) {
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = call.body_text;
  }
  if (!call.with_token) return send(request, call.path);
  const std::size_t at = request.headers.size();
  std::string token = access_token();
  request.headers.push_back({"Authorization", "bearer " + token});
  net::Response answer = send(request, call.path);
  if (answer.status != 401) return answer;
  const std::string again = token_after(token);
  if (again == token) return answer;
  request.headers[at].value = "bearer " + again;
  answer = send(request, call.path);
  if (answer.status == 401) {
    const std::lock_guard lock(mutex_);
    in_vain_ = again;
  }
  return answer;
}

}  // namespace etl::gen3
