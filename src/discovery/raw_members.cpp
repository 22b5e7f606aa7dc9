#include "discovery/raw_members.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bounded_json.hpp"
#include "base/buffer.hpp"
#include "base/error.hpp"
#include "fhir/cursor.hpp"
#include "fhir/json_text.hpp"
#include "fhir/structurals.hpp"

namespace etl::discovery {
namespace {

using fhir::Cursor;

[[noreturn]] void not_json(const char* what) { throw InputError(std::string("the text is not ") + what + " of JSON"); }

/// The text of the value at the cursor, which is passed over.
std::string value_at(Cursor& at) {
  const char* const begin = at.base() + at.offset();
  at.skip();
  const char* end = at.base() + at.offset();
  // The cursor is at the structural character behind the value.
  while (end > begin && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t')) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

/// Calls `read` with a cursor at the beginning of the text; it must read all of it.
template <typename Read>
void with_cursor(std::string_view text, const char* what, Read&& read) {
  Buffer copy;
  copy.append(text);
  copy.pad();
  fhir::Structurals structurals;
  if (!structurals.index(copy.view()).empty() || structurals.size() == 0) not_json(what);
  Cursor at(copy.data(), structurals.begin(), true);
  try {
    read(at);
  } catch (const fhir::SyntaxError&) {
    not_json(what);
  }
  if (at.position() != structurals.begin() + structurals.size()) not_json(what);
}

}  // namespace

RawMembers RawMembers::parse(std::string_view object) {
  RawMembers parsed;
  with_cursor(object, "an object", [&](Cursor& at) {
    at.expect('{', "an object");
    if (at.empty('}')) return;
    do {
      std::string name;
      fhir::unescape(at.key(), name);
      parsed.members_.emplace_back(std::move(name), value_at(at));
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
  with_cursor(array, "an array", [&](Cursor& at) {
    at.expect('[', "an array");
    if (at.empty(']')) return;
    do {
      items.push_back(value_at(at));
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
