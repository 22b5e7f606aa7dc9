#include "canned_http.hpp"

#include <curl/curl.h>

#include <charconv>

#include "properties.hpp"

namespace etl::fuzz {
namespace {

std::vector<net::Response> script_answers;
std::vector<std::string> requests;

std::string with_token(std::string_view text) {
  constexpr std::string_view mark = "@TOKEN@";
  std::string out;
  for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
    out.append(text.substr(0, at)).append(kSecret);
    text.remove_prefix(at + mark.size());
  }
  return out.append(text);
}

net::Response answer_of(std::string_view text) {
  net::Response answer;
  const std::string_view status = take_field(text);
  std::from_chars(status.data(), status.data() + status.size(), answer.status);
  answer.status = std::clamp(answer.status, 100L, 599L);
  while (!text.empty()) {
    std::string_view line = take_field(text);
    if (line.empty()) break;
    const std::string_view name = take_field(line, ':');
    answer.headers.push_back({std::string(name), with_token(line.starts_with(' ') ? line.substr(1) : line)});
  }
  answer.body = with_token(text);
  return answer;
}

}  // namespace

void set_answers(std::string_view script) {
  // As those who read a token or a key do.
  secrets::add(kSecret);
  constexpr std::string_view separator = "\n%%\n";
  requests.clear();
  script_answers.clear();
  for (;;) {
    const std::size_t end = script.find(separator);
    script_answers.push_back(answer_of(script.substr(0, end)));
    if (end == std::string_view::npos) return;
    script.remove_prefix(end + separator.size());
  }
}

const std::vector<std::string>& sent() { return requests; }

std::size_t answers() { return script_answers.size(); }

}  // namespace etl::fuzz

namespace etl::net {

class HttpClient::State {};

HttpClient::HttpClient(HttpOptions /*options*/, std::stop_token /*stop*/) {}
HttpClient::~HttpClient() = default;

Response HttpClient::send(const Request& request) {
  static_cast<void>(origin_of(request.url));
  const std::string where = without_query(request.url);
  fuzz::require_no_secret(where);
  fuzz::require(request.url.find_first_of("\r\n") == std::string::npos, "a line end in an address");
  fuzz::requests.push_back(request.method + ' ' + request.url);
  // A call that is refused may renew the token and ask again; nothing else asks twice.
  fuzz::require(fuzz::requests.size() <= 3 * fuzz::script_answers.size() + 8, "requests without end: " + where);
  const Response& answer = fuzz::script_answers[std::min(fuzz::requests.size(), fuzz::script_answers.size()) - 1];
  if (request.sink == nullptr || !answer.ok()) return answer;
  request.sink->begin(answer);
  request.sink->write(answer.body);
  return {.status = answer.status, .headers = answer.headers, .body = {}};
}

std::optional<std::string> Response::header(std::string_view name) const {
  const std::string wanted(name);
  for (auto one = headers.rbegin(); one != headers.rend(); ++one) {
    if (curl_strequal(one->name.c_str(), wanted.c_str()) != 0) return one->value;
  }
  return std::nullopt;
}

}  // namespace etl::net
