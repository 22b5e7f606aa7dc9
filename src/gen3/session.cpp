#include "gen3/session.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "gen3/answer.hpp"
#include "gen3/endpoint.hpp"

namespace etl::gen3 {
namespace {

using namespace std::chrono_literals;

/// A call that begins with a token of this age must not outlive it.
constexpr std::chrono::seconds margin = 60s;

std::string when(Clock::time_point time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(Clock::to_time_t(time)));
}

}  // namespace

Session::Session(Options options, net::HttpClient& http) : options_(std::move(options)), http_(http) {
  endpoint_ = address_of(options_);
  if (endpoint_.empty()) {
    throw UsageError("it is not known where the commons is", {},
                     "mount its API key as <creds>/credentials.json, or set GEN3_ENDPOINT");
  }
  token_ = options_.access_token;
}

std::string Session::access_token() {
  const std::lock_guard lock(mutex_);
  if (!options_.access_token.empty()) return token_;
  if (token_.empty() || std::chrono::steady_clock::now() >= good_until_) renew();
  return token_;
}

std::string Session::token_after(const std::string& refused) {
  const std::lock_guard lock(mutex_);
  if (!options_.access_token.empty() || refused == in_vain_) return token_;
  if (token_ == refused) renew();  // else another thread has done it meanwhile
  return token_;
}

/// How long a token is good is told by its own two times: the clocks of the commons and of this machine may differ.
void Session::renew() {
  if (!options_.key) {
    throw UsageError("there is no API key of the commons", {},
                     "mount it as <creds>/credentials.json, or name it with GEN3_API_KEY");
  }
  const Call call{.method = "POST", .path = "/user/credentials/api/access_token", .with_token = false};
  const std::string what = "fence: an access token for the API key";
  net::Request request{.method = "POST", .url = endpoint_ + call.path};
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.body = nlohmann::json{{"api_key", options_.key->secret}, {"key_id", options_.key->key_id}}.dump();
  request.repeatable = true;
  const auto asked = std::chrono::steady_clock::now();
  const net::Response answer = http_.send(request);
  if (answer.status == 401 || answer.status == 403) {
    const Claims& claims = options_.key->claims;
    const bool expired = claims.expires != Clock::time_point{} && claims.expires < Clock::now();
    const std::string said = expired ? fmt::format("the key expired at {}", when(claims.expires)) : message_of(answer);
    throw NotAllowedError(fmt::format("{}: HTTP {}{}{}", what, answer.status, said.empty() ? "" : ": ", said),
                          options_.key->origin, "make a new API key on the commons' profile page, and mount it there");
  }
  if (!answer.ok()) refuse(what, answer, address(call));
  token_ = text_of(json_of(what, answer, address(call)), "access_token", what);
  const Claims claims = read_claims(token_, address(call));
  const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(claims.expires - claims.issued);
  good_until_ = asked + std::max(lifetime - std::min(margin, lifetime / 4), 1s);
}

net::Response Session::call(const Call& call) {
  net::Request request{.method = call.method, .url = endpoint_ + call.path};
  request.repeatable = call.repeatable;
  if (call.body) {
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = call.body->dump();
  }
  if (!call.with_token) return http_.send(request);
  const std::size_t at = request.headers.size();
  std::string token = access_token();
  request.headers.push_back({"Authorization", "bearer " + token});
  net::Response answer = http_.send(request);
  if (answer.status != 401) return answer;
  const std::string again = token_after(token);
  if (again == token) return answer;
  request.headers[at].value = "bearer " + again;
  answer = http_.send(request);
  if (answer.status == 401) {
    const std::lock_guard lock(mutex_);
    in_vain_ = again;
  }
  return answer;
}

}  // namespace etl::gen3
