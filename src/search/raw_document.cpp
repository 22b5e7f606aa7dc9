#include "search/raw_document.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "fhir/json_text.hpp"
#include "fhir/raw_json.hpp"

namespace etl::search {
namespace {

using fhir::Cursor;

constexpr std::string_view kPathMember = "auth_resource_path";

[[noreturn]] void not_json() {
  throw UnavailableError("the search server's answer is not the JSON that a search gives", {}, "run again");
}

/// fhir::read_json(), for what the search server has answered.
template <typename Read>
void read_answer(std::string_view text, Read&& read) {
  if (!fhir::read_json(text, read)) not_json();
}

template <typename Member>
void members_of(Cursor& at, Member&& member) {
  at.expect('{', "an object");
  if (at.empty('}')) return;
  do {
    member(at.key());
  } while (at.more('}'));
}

void read_hit(Cursor& at, const std::function<void(const Hit&)>& take) {
  Hit hit;
  members_of(at, [&](std::string_view name) {
    if (name == "_source") {
      hit.source = fhir::value_text(at);
    } else if (name == "sort") {
      hit.sort = fhir::value_text(at);
    } else {
      at.skip();
    }
  });
  if (hit.source.empty()) not_json();
  take(hit);
}

}  // namespace

std::string stored_text(std::string_view resource, std::string_view resource_path, std::string_view add_id) {
  const std::size_t open = resource.find('{');
  const std::size_t close = resource.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    throw InternalError("a resource is not an object");
  }
  std::string text;
  text.reserve(close - open + resource_path.size() + add_id.size() + 40);
  text += '{';
  if (!add_id.empty()) text += fmt::format(R"("id":{},)", json_quote(add_id));
  // A line end can only be white space: inside strings it is escaped.
  for (const char c : resource.substr(open + 1, close - open - 1)) text += c == '\n' || c == '\r' ? ' ' : c;
  while (text.back() == ' ' || text.back() == '\t') text.pop_back();
  text += fmt::format(R"({}"{}":{}}})", text.back() == '{' ? "" : ",", kPathMember, json_quote(resource_path));
  return text;
}

void each_hit(std::string_view answer, const std::function<void(const Hit&)>& hit) {
  bool found = false;
  read_answer(answer, [&](Cursor& at) {
    members_of(at, [&](std::string_view name) {
      if (name != "hits") return at.skip();
      members_of(at, [&](std::string_view inner) {
        if (inner != "hits") return at.skip();
        found = true;
        at.expect('[', "an array");
        if (at.empty(']')) return;
        do {
          read_hit(at, hit);
        } while (at.more(']'));
      });
    });
  });
  if (!found) not_json();
}

std::string text_of_member(std::string_view answer, std::string_view name) {
  std::string text;
  read_answer(answer, [&](Cursor& at) {
    members_of(at, [&](std::string_view member) {
      if (member != name || at.peek() != '"') return at.skip();
      text.clear();
      fhir::unescape(at.string(), text);
    });
  });
  return text;
}

std::string resource_text(std::string_view document, std::string& type) {
  std::string text(trim(document));
  type.clear();
  read_answer(text, [&](Cursor& at) {
    const char* const base = at.base();
    std::size_t begin = std::string::npos;  // of the member, with the comma before it
    std::size_t end = 0;
    std::size_t previous = 0;  // where the member before it ends
    std::size_t first_value = 0;
    at.expect('{', "an object");
    if (at.empty('}')) return;
    std::size_t name_at = 1;
    do {
      const std::string_view name = at.key();
      name_at = static_cast<std::size_t>(name.data() - base) - 1;
      if (name == "resourceType" && at.peek() == '"') {
        Cursor value = at;
        fhir::unescape(value.string(), type);
      }
      const std::string_view value = fhir::value_text(at);
      const auto value_end = static_cast<std::size_t>(value.data() - base) + value.size();
      if (name == kPathMember) {
        begin = previous == 0 ? name_at : previous;
        end = value_end;
        first_value = previous;
      }
      previous = value_end;
    } while (at.more('}'));
    if (begin == std::string::npos) return;
    // The first member takes the comma behind it along, any other one that before it.
    if (first_value == 0) {
      const std::size_t next = text.find_first_not_of(" \t\r\n", end);
      if (next != std::string::npos && text[next] == ',') end = next + 1;
    }
    text.erase(begin, end - begin);
  });
  std::ranges::replace_if(
      text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

}  // namespace etl::search
