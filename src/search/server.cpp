#include "search/server.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/bounded_json.hpp"
#include "base/error.hpp"
#include "net/unexpected_answer.hpp"
#include "search/answer.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

/// A server may take minutes over a large bulk request, a refresh or the removal of an index.
constexpr std::chrono::minutes kLongestAnswer{5};
/// One page of documents, or the mappings of all indexes.
constexpr std::size_t kLargestAnswer = std::size_t{128} << 20U;

net::HttpOptions options_of_calls() {
  net::HttpOptions options;
  options.total = kLongestAnswer;
  options.largest_body = kLargestAnswer;
  return options;
}

/// A stop has been requested, and Kubernetes waits 30 seconds.
net::HttpOptions options_of_last() {
  net::HttpOptions options;
  options.total = std::chrono::seconds(10);
  options.connect = std::chrono::seconds(3);
  options.attempts = 2;
  return options;
}

net::HttpOptions options_of_bulk() {
  net::HttpOptions options = options_of_calls();
  options.attempts = 1;  // BulkSender decides what is sent again, and in which pieces
  return options;
}

bool is_supported(const ServerVersion& version) {
  if (version.distribution == "opensearch") return version.major >= 1;
  return version.major == 6 || version.major == 7;
}

}  // namespace

std::optional<ServerVersion> read_version(const json& answer) {
  if (!answer.is_object()) return std::nullopt;
  const auto version = answer.find("version");
  if (version == answer.end() || !version->is_object()) return std::nullopt;
  const auto number = version->find("number");
  if (number == version->end() || !number->is_string()) return std::nullopt;
  ServerVersion read{.distribution = "elasticsearch", .number = number->get<std::string>()};
  if (const auto kind = version->find("distribution"); kind != version->end() && kind->is_string()) {
    read.distribution = kind->get<std::string>();
  }
  const char* const end = read.number.data() + read.number.size();
  if (std::from_chars(read.number.data(), end, read.major).ec != std::errc{}) return std::nullopt;
  return read;
}

Server::Server(ServerAddress address, std::stop_token stop)
    : address_(std::move(address)),
      stop_(std::move(stop)),
      http_(options_of_calls(), stop_),
      bulk_(options_of_bulk(), stop_),
      last_(options_of_last()) {
  const std::string what = "look at the search server";
  const json answer = get(what, "/");
  const auto version = read_version(answer);
  if (!version) {
    throw net::UnexpectedAnswerError("something other than Elasticsearch or OpenSearch answers",
                                     net::without_query(address_.url), "check search.url (ELASTICSEARCH_URL)");
  }
  version_ = *version;
  if (!is_supported(version_)) {
    throw RefusedError(fmt::format("{} is not supported", version_.str()), net::without_query(address_.url),
                       "use OpenSearch 1 or 2, or Elasticsearch 6.8 or 7");
  }
}

net::Request Server::request(const std::string& method, const std::string& path, std::string body) const {
  net::Request made{.method = method, .url = address_.url + path};
  if (!body.empty()) made.headers.push_back({"Content-Type", "application/json"});
  made.body = std::move(body);
  made.ca_file = address_.ca_file;
  if (!address_.authorization.empty()) made.headers.push_back({"Authorization", address_.authorization});
  return made;
}

net::Response Server::send(const std::string& method, const std::string& path, std::string body,
                           std::optional<bool> repeatable) {
  net::Request made = request(method, path, std::move(body));
  made.repeatable = repeatable;
  return http_.send(made);
}

net::Response Server::send_last(const std::string& method, const std::string& path, std::string body) {
  return last_.send(request(method, path, std::move(body)));
}

net::Response Server::send_bulk(const std::string& path, std::string& body, bool gzip) {
  net::Request made = request("POST", path, {});
  made.headers.push_back({"Content-Type", "application/x-ndjson"});
  if (gzip) made.headers.push_back({"Content-Encoding", "gzip"});
  made.repeatable = false;
  // Moved there and back, also when send() throws: a body of several megabytes is not copied.
  struct Lent {
    std::string& from;
    std::string& to;
    Lent(std::string& lender, std::string& borrower) : from(lender), to(borrower) { to = std::move(from); }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    ~Lent() { from = std::move(to); }
  };
  const Lent lent(body, made.body);
  return bulk_.send(made);
}

json Server::call(const std::string& what, const std::string& method, const std::string& path, const json* body,
                  bool repeatable) {
  const net::Response answer = send(method, path, body == nullptr ? std::string{} : body->dump(), repeatable);
  if (!answer.ok()) refuse(what, answer, address_.url + path);
  return document_of(what, answer, address_.url);
}

json Server::get(const std::string& what, const std::string& path) { return call(what, "GET", path, nullptr, true); }

json Server::put(const std::string& what, const std::string& path, const json& body) {
  return call(what, "PUT", path, &body, true);
}

json Server::post(const std::string& what, const std::string& path, const json& body, bool repeatable) {
  return call(what, "POST", path, &body, repeatable);
}

json Server::remove(const std::string& what, const std::string& path) {
  return call(what, "DELETE", path, nullptr, true);
}

std::optional<json> Server::find(const std::string& what, const std::string& path) {
  const net::Response answer = send("GET", path);
  if (answer.status == 404) return std::nullopt;
  if (!answer.ok()) refuse(what, answer, address_.url + path);
  return document_of(what, answer, address_.url);
}

}  // namespace etl::search
