#include "discovery/raw_members.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bounded_json.hpp"
#include "base/error.hpp"
#include "fhir/json_text.hpp"
#include "fhir/raw_json.hpp"

namespace etl::discovery {
namespace {

using fhir::Cursor;

template <typename Read>
void read_text(std::string_view text, const char* what, Read&& read) {
  if (!fhir::read_json(text, read)) throw InputError(std::string("the text is not ") + what + " of JSON");
}

}  // namespace

RawMembers RawMembers::parse(std::string_view object) {
  RawMembers parsed;
  read_text(object, "an object", [&](Cursor& at) {
    at.expect('{', "an object");
    if (at.empty('}')) return;
    do {
      std::string name;
      fhir::unescape(at.key(), name);
      parsed.members_.emplace_back(std::move(name), fhir::value_text(at));
    } while (at.more('}'));
  });
  return parsed;
}

const std::string* RawMembers::find(std::string_view name) const {
  const auto found =
      std::ranges::find(members_, name, [](const auto& member) { return std::string_view(member.first); });
  return found == members_.end() ? nullptr : &found->second;
}

std::string RawMembers::text_of(std::string_view name) const {
  const std::string* value = find(name);
  if (value == nullptr || value->size() < 2 || value->front() != '"') return {};
  std::string text;
  fhir::unescape(std::string_view(*value).substr(1, value->size() - 2), text);
  return text;
}

void RawMembers::set(std::string_view name, std::string value) {
  for (auto& [known, text] : members_) {
    if (known != name) continue;
    text = std::move(value);
    return;
  }
  members_.emplace_back(name, std::move(value));
}

void RawMembers::remove(std::string_view name) {
  std::erase_if(members_, [&](const auto& member) { return member.first == name; });
}

std::string RawMembers::text() const {
  std::string out = "{";
  for (const auto& [name, value] : members_) {
    if (out.size() > 1) out += ',';
    out += json_string(name);
    out += ':';
    out += value;
  }
  return out + '}';
}

std::vector<std::string> raw_items(std::string_view array) {
  std::vector<std::string> items;
  read_text(array, "an array", [&](Cursor& at) {
    at.expect('[', "an array");
    if (at.empty(']')) return;
    do {
      items.emplace_back(fhir::value_text(at));
    } while (at.more(']'));
  });
  return items;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  fhir::append_escaped(out, text);
  return out + '"';
}

bool same_value(std::string_view one, std::string_view other) {
  return parse_json(one, "a member of the record") == parse_json(other, "a member of the record");
}

}  // namespace etl::discovery
