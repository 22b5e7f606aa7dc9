#pragma once

#include <string>
#include <string_view>

#include "fhir/cursor.hpp"
#include "fhir/json_text.hpp"

// Reading a resource that is known to be JSON, whatever its shape.

namespace etl::flat {

/// Calls `member(name)` at the value of each member of the object at the cursor; it must consume the value. What is no
/// object is passed over. `name` is raw JSON text.
template <class Member>
void each_member(fhir::Cursor& cursor, Member&& member) {
  if (cursor.peek() != '{') {
    cursor.skip();
    return;
  }
  cursor.expect('{', "'{'");
  if (cursor.empty('}')) return;
  do {
    member(cursor.key());
  } while (cursor.more('}'));
}

/// Calls `item()` at each item of the array at the cursor, or once at what is no array; it must consume the value.
template <class Item>
void each_item(fhir::Cursor& cursor, Item&& item) {
  if (cursor.peek() != '[') {
    item();
    return;
  }
  cursor.expect('[', "'['");
  if (cursor.empty(']')) return;
  do {
    item();
  } while (cursor.more(']'));
}

/// A string's raw text; empty for anything else, which is passed over.
[[nodiscard]] inline std::string_view string_at(fhir::Cursor& cursor) {
  if (cursor.peek() == '"') return cursor.string();
  cursor.skip();
  return {};
}

/// A number's text; empty for anything else, which is passed over.
[[nodiscard]] inline std::string_view number_at(fhir::Cursor& cursor) {
  const char c = cursor.peek();
  if (c != '{' && c != '[' && c != '"') {
    const std::string_view token = cursor.scalar();
    return token.front() == '-' || (token.front() >= '0' && token.front() <= '9') ? token : std::string_view{};
  }
  cursor.skip();
  return {};
}

/// Raw text without its escapes; `scratch` is used where there are some.
[[nodiscard]] inline std::string_view plain_text(std::string_view raw, std::string& scratch) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  fhir::unescape(raw, scratch);
  return scratch;
}

}  // namespace etl::flat
