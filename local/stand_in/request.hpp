#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a route sees of a request and gives as its answer.
namespace etl::stand_in {

using Json = nlohmann::json;

struct FaultRule;

/// What a rule of misbehaviour asks of the route itself; all else is done around it.
struct Mischief {
  bool expired_url = false;
  bool wrong_etag = false;
};

struct Request {
  std::string method;
  std::string path;  ///< percent-decoded
  std::multimap<std::string, std::string> query;
  std::string body;
  std::string content_type;  ///< in lower case, without parameters; empty when not sent
  std::string authorization;
  std::string origin;  ///< http://HOST, as the client called us
  std::map<std::string, std::string, std::less<>> captured;
  Mischief mischief;
  const FaultRule* fault = nullptr;  ///< answer as this rule says, without any work

  /// A parameter of the query; of one that came twice, the first.
  [[nodiscard]] std::optional<std::string> param(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::nullopt : std::optional(found->second);
  }
  /// A part of the path that the route's pattern names.
  [[nodiscard]] const std::string& part(std::string_view name) const { return captured.find(name)->second; }
};

constexpr const char* kJsonType = "application/json";
constexpr const char* kHtmlType = "text/html; charset=utf-8";
constexpr const char* kTextType = "text/plain; charset=utf-8";

struct Answer {
  int status = 200;
  std::string body;
  std::string type = kJsonType;
  std::vector<std::pair<std::string, std::string>> headers;
};

[[nodiscard]] inline Answer json_answer(const Json& body, int status = 200) {
  // Text that is no UTF-8 was refused when it came in.
  return {status, body.dump(), kJsonType, {}};
}

/// The items of `a,b,c`; an empty text is one empty item.
[[nodiscard]] inline std::vector<std::string> comma_separated(const std::string& text) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    items.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

/// An answer that ends a request early.
class Refusal : public std::runtime_error {
 public:
  explicit Refusal(Answer answer)
      : std::runtime_error("refused with status " + std::to_string(answer.status)), answer_(std::move(answer)) {}
  [[nodiscard]] const Answer& answer() const { return answer_; }

 private:
  Answer answer_;
};

}  // namespace etl::stand_in
