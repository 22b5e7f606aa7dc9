#include "gen3/answer.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/bounded_json.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace etl::gen3 {
namespace {

using nlohmann::json;

constexpr std::size_t longest_message = 400;

std::string shortened(std::string_view text) {
  text = trim(text);
  std::string out = printable(text.substr(0, longest_message));
  // Messages are set with spaces and line ends of the code that they come from.
  std::string squeezed;
  for (const char c : out) {
    const char plain = c == '\n' || c == '\t' || c == '\r' ? ' ' : c;
    if (plain != ' ' || (!squeezed.empty() && squeezed.back() != ' ')) squeezed.push_back(plain);
  }
  if (text.size() > longest_message) squeezed += "…";
  return squeezed;
}

std::string in_json(const json& body) {
  if (body.is_string()) return body.get<std::string>();
  if (body.is_array()) return body.empty() ? std::string{} : in_json(body.front());
  if (!body.is_object()) return {};
  // sheepdog's transactions tell each entity's own faults.
  if (const auto entities = body.find("entities"); entities != body.end() && entities->is_array()) {
    for (const json& entity : *entities) {
      if (!entity.is_object()) continue;
      const auto errors = entity.find("errors");
      if (errors != entity.end() && errors->is_array() && !errors->empty()) return in_json(errors->front());
    }
  }
  for (const char* name : {"error", "message", "detail", "msg"}) {
    if (const auto found = body.find(name); found != body.end() && !found->is_null()) {
      if (std::string said = in_json(*found); !said.empty()) return said;
    }
  }
  return {};
}

std::string unescaped(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> entities{
      {{"&lt;", "<"}, {"&gt;", ">"}, {"&#39;", "'"}, {"&#34;", "\""}, {"&quot;", "\""}, {"&amp;", "&"}}};
  for (const auto& [entity, plain] : entities) {
    for (std::size_t at = text.find(entity); at != std::string::npos; at = text.find(entity, at + plain.size())) {
      text.replace(at, entity.size(), plain);
    }
  }
  return text;
}

/// fence's page says it in its middle, indexd's and a proxy's in the heading.
std::string in_page(std::string_view page) {
  constexpr std::string_view mark = "Error Message:";
  if (const std::size_t at = page.find(mark); at != std::string_view::npos) {
    const std::string_view rest = page.substr(at + mark.size());
    return unescaped(std::string(rest.substr(0, rest.find('<'))));
  }
  constexpr std::string_view title = "<title>";
  if (const std::size_t at = page.find(title); at != std::string_view::npos) {
    const std::string_view rest = page.substr(at + title.size());
    return unescaped(std::string(rest.substr(0, rest.find('<'))));
  }
  return {};
}

}  // namespace

std::string message_of(const net::Response& answer) {
  const std::string_view body = trim(answer.body);
  if (body.starts_with('<')) return shortened(in_page(body));
  const json parsed = try_parse_json(body);
  if (!parsed.is_discarded()) return shortened(in_json(parsed));
  return shortened(body.substr(0, body.find('\n')));
}

void refuse(const std::string& what, const net::Response& answer, const std::string& where) {
  const std::string said = message_of(answer);
  const std::string text = fmt::format("{}: HTTP {}{}{}", what, answer.status, said.empty() ? "" : ": ", said);
  const std::string at = net::without_query(where);
  if (answer.status == 401 || answer.status == 403) {
    throw NotAllowedError(text, at,
                          "`aced-etl doctor` shows the user, the token and the permissions; user.yaml grants them");
  }
  if (answer.status == 429 || answer.status >= 500) {
    throw UnavailableError(text, at, "look at the service's log, then run again");
  }
  throw RefusedError(text, at);
}

json json_of(const std::string& what, const net::Response& answer, const std::string& where) {
  json parsed = try_parse_json(answer.body);
  if (parsed.is_discarded()) {
    throw UnavailableError(fmt::format("{}: HTTP {}, but the answer is no JSON", what, answer.status),
                           net::without_query(where), "is this the address of a Gen3 commons?");
  }
  return parsed;
}

std::string text_of(const json& answer, const char* name, const std::string& what) {
  if (answer.is_object()) {
    if (const auto found = answer.find(name); found != answer.end() && found->is_string())
      return found->get<std::string>();
  }
  throw UnavailableError(fmt::format("{}: the answer has no `{}`", what, name), {},
                         "is this the address of a Gen3 commons?");
}

}  // namespace etl::gen3
