#include "search/guppy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/bounded_json.hpp"
#include "base/error.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "net/unexpected_answer.hpp"
#include "net/url.hpp"
#include "search/json_member.hpp"
#include "search/mapping.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestMessage = 300;

net::HttpOptions options_of_guppy() {
  net::HttpOptions options;
  options.attempts = 3;
  return options;
}

/// The first message of GraphQL's `errors`, or the text itself: `_refresh` answers so.
std::string guppy_message(const net::Response& answer) {
  const json document = try_parse_json(answer.body);
  std::string message = answer.body;
  if (!document.is_discarded()) {
    const json errors = member(document, "errors", json::array());
    message = errors.empty() ? text_member(document, "message") : text_member(errors.front(), "message");
  }
  return shortened(printable(secrets::redact(message)), kLongestMessage);
}

}  // namespace

void check_guppy_url(const std::string& url) {
  if (url.starts_with("http://") || url.starts_with("https://")) return;
  throw UsageError("the address of guppy does not begin with http:// or https://", printable(net::without_query(url)),
                   "name the address that has guppy's /graphql: https://commons.example.org/guppy");
}

Guppy::Guppy(std::string url, std::stop_token stop) : url_(std::move(url)), http_(options_of_guppy(), std::move(stop)) {
  check_guppy_url(url_);
  while (url_.ends_with('/')) url_.pop_back();
}

std::optional<std::vector<std::string>> Guppy::fields_of(std::string_view type) {
  if (!is_guppy_name(type)) return std::nullopt;
  net::Request request{.method = "POST", .url = url_ + "/graphql"};
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = json{{"query", fmt::format("{{_mapping{{{}}}}}", type)}}.dump();
  request.repeatable = true;
  const net::Response answer = http_.send(request);
  const std::string at = net::without_query(request.url);
  if (answer.status >= 500 || answer.status == 429) {
    throw UnavailableError(fmt::format("guppy answers no queries: HTTP {}: {}", answer.status, guppy_message(answer)),
                           at, fmt::format("restart it: {}", kRestartGuppy));
  }
  const json document = try_parse_json(answer.body);
  const json fields = member(document, json::json_pointer(fmt::format("/data/_mapping/{}", type)), json());
  if (fields.is_array()) {
    std::vector<std::string> names;
    for (const json& name : fields) {
      if (name.is_string()) names.push_back(name.get<std::string>());
    }
    return names;
  }
  // GraphQL's own word for a type that the schema does not have, with status 400 or 200.
  if (!member(document, "errors", json::array()).empty()) {
    const std::string message = guppy_message(answer);
    if (message.find("Cannot query field") != std::string::npos) return std::nullopt;
    throw RefusedError(fmt::format("guppy refuses a query for its fields: {}", message), at,
                       "look at the log of guppy");
  }
  throw net::UnexpectedAnswerError(
      fmt::format("something other than guppy answers a query for its fields: HTTP {}", answer.status), at,
      "check --guppy: the address that has guppy's /graphql, https://commons.example.org/guppy");
}

void Guppy::refresh(const std::string& access_token) {
  net::Request request{.method = "POST", .url = url_ + "/_refresh"};
  request.headers.push_back({"Content-Type", "application/json"});
  request.headers.push_back({"Authorization", "bearer " + access_token});
  request.body = "{}";
  request.repeatable = false;
  const net::Response answer = http_.send(request);
  if (answer.ok()) return;
  const std::string at = net::without_query(request.url);
  const std::string what = fmt::format("guppy was not refreshed: HTTP {}: {}", answer.status, guppy_message(answer));
  if (answer.status == 401 || answer.status == 403) {
    throw NotAllowedError(
        what, at,
        fmt::format("it takes the method admin_access of the service guppy on /guppy_admin; or restart "
                    "guppy: {}",
                    kRestartGuppy));
  }
  if (answer.status >= 500 || answer.status == 429) {
    throw UnavailableError(what, at, fmt::format("restart guppy: {}", kRestartGuppy));
  }
  throw RefusedError(
      what, at,
      fmt::format("guppy allows it only with `allowRefresh` in its configuration; or restart it: {}", kRestartGuppy));
}

GuppyGaps gaps_of(Guppy& guppy, const std::vector<LoadedType>& types) {
  GuppyGaps gaps;
  for (const LoadedType& type : types) {
    const auto known = guppy.fields_of(type.name);
    if (!known) {
      gaps.types.push_back(type.name);
      continue;
    }
    const std::set<std::string> names(known->begin(), known->end());
    for (const std::string& field : type.fields) {
      if (!names.contains(field)) gaps.fields.push_back(type.name + "." + field);
    }
  }
  return gaps;
}

}  // namespace etl::search
