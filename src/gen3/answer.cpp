#include "gen3/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/bounded_json.hpp"
#include "base/error.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "net/unexpected_answer.hpp"

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
  // sheepdog's transactions tell each entity's own errors.
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

/// The text of the first element after `at` that has any: tags are left out.
std::string_view next_text(std::string_view page, std::size_t at) {
  while (at < page.size()) {
    const std::size_t open = std::min(page.find('<', at), page.size());
    if (const std::string_view text = trim(page.substr(at, open - at)); !text.empty()) return text;
    const std::size_t close = page.find('>', open);
    if (close == std::string_view::npos) return {};
    at = close + 1;
  }
  return {};
}

constexpr std::string_view fence_mark = "Error Message:";

/// fence's page names its reason in the element after the heading `Error Message:`; indexd's and a proxy's page have it
/// in the title.
std::string in_page(std::string_view page) {
  if (const std::size_t at = page.find(fence_mark); at != std::string_view::npos) {
    return unescaped(std::string(next_text(page, at + fence_mark.size())));
  }
  constexpr std::string_view title = "<title>";
  if (const std::size_t at = page.find(title); at != std::string_view::npos) {
    const std::string_view rest = page.substr(at + title.size());
    return unescaped(std::string(rest.substr(0, rest.find('<'))));
  }
  return {};
}

std::string_view service_of(std::string_view what) { return what.substr(0, what.find(':')); }

/// What to do about a refusal with 401 or 403.
std::string advice_on(std::string_view said) {
  const auto says = [&](std::string_view words) { return said.find(words) != std::string_view::npos; };
  if (says("Uploading to bucket") && says("is not allowed")) {
    return "add the bucket to ALLOWED_DATA_UPLOAD_BUCKETS in fence's configuration, or name "
           "another one with --bucket; `aced-etl buckets ls` lists them";
  }
  if (says("expired")) return "get a new token; if it is new, compare this machine's clock with the commons'";
  if (says("denylisted")) return "create a new API key on the commons' profile page: this one was revoked";
  if (says("privileges to access this endpoint")) return "grant `file_upload` on /data_file in user.yaml";
  if (says("Signature verification failed") || says("Not enough segments") || says("padding") || says("purpose")) {
    return "check that the API key belongs to this commons, and gen3.endpoint (GEN3_ENDPOINT)";
  }
  return "`aced-etl doctor` shows the user, the token and the permissions; user.yaml grants them";
}

std::string kind_of_body(const net::Response& answer) {
  const std::string_view body = trim(answer.body);
  if (body.empty()) return "the body is empty";
  if (body.starts_with('<')) return "the body is an HTML page";
  if (const auto broken = out_of_bounds(body)) return "the JSON is " + *broken;
  return json::accept(body) ? "the JSON has another shape" : "the body is not JSON";
}

}  // namespace

std::string message_of(const net::Response& answer) {
  // Before it is cut: half of a secret would not be recognised any more.
  const std::string clean = secrets::redact(answer.body);
  const std::string_view body = trim(clean);
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
    throw NotAllowedError(text, at, advice_on(said));
  }
  if (answer.status == 429 || answer.status >= 500) {
    throw UnavailableError(text, at, "run again; if it persists, look at the service's log");
  }
  throw RefusedError(text, at);
}

void not_the_service(const std::string& what, const net::Response& answer, const std::string& where) {
  const std::string service(service_of(what));
  throw net::UnexpectedAnswerError(
      fmt::format("{}: HTTP {}, but this is not an answer of {}: {}", what, answer.status, service,
                  kind_of_body(answer)),
      net::without_query(where),
      fmt::format(
          "check that gen3.endpoint (GEN3_ENDPOINT, else the issuer of the API key) is the commons' address and "
          "that its proxy leads to {}",
          service));
}

Shape object_with_texts(std::vector<std::string> names) {
  return [names = std::move(names)](const json& said) {
    return said.is_object() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
             const auto found = said.find(name);
             return found != said.end() && found->is_string() && !found->get_ref<const std::string&>().empty();
           });
  };
}

bool has_shape(const net::Response& answer, const Shape& shape) {
  const json said = try_parse_json(answer.body);
  return !said.is_discarded() && shape(said);
}

bool is_own_404(const net::Response& answer) {
  const std::string_view body = trim(answer.body);
  if (body.starts_with('<')) return body.find(fence_mark) != std::string_view::npos;
  return has_shape(answer, [](const json& said) { return said.is_object() && !in_json(said).empty(); });
}

net::Response send(Session& session, Call call, const std::string& what,
                   const std::function<bool(const net::Response&)>& own) {
  const auto accepted = [&own](const net::Response& answer) {
    if (answer.ok()) return own(answer);
    return answer.status != 404 || is_own_404(answer);
  };
  call.accept = accepted;
  net::Response answer = session.call(call);
  if (!accepted(answer)) not_the_service(what, answer, session.address(call));
  return answer;
}

json ask(Session& session, Call call, const std::string& what, const Shape& shape) {
  const std::string where = session.address(call);
  const net::Response answer =
      send(session, std::move(call), what, [&](const net::Response& one) { return has_shape(one, shape); });
  if (!answer.ok()) refuse(what, answer, where);
  return try_parse_json(answer.body);
}

std::optional<json> ask_for_one(Session& session, Call call, const std::string& what, const Shape& shape) {
  const std::string where = session.address(call);
  const net::Response answer =
      send(session, std::move(call), what, [&](const net::Response& one) { return has_shape(one, shape); });
  if (answer.status == 404) return std::nullopt;
  if (!answer.ok()) refuse(what, answer, where);
  return try_parse_json(answer.body);
}

bool ask_to_remove(Session& session, Call call, const std::string& what,
                   const std::function<bool(const net::Response&)>& done) {
  const std::string where = session.address(call);
  const net::Response answer = send(session, std::move(call), what, done);
  if (answer.status == 404) return false;
  if (!answer.ok()) refuse(what, answer, where);
  return true;
}

std::string text_in(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace etl::gen3
