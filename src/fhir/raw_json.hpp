#pragma once

#include <string_view>

#include "base/buffer.hpp"
#include "fhir/cursor.hpp"
#include "fhir/structurals.hpp"

/// JSON whose values keep their text: what is read is found by its structure, and no value is made of it.
namespace etl::fhir {

/// The text of the value at the cursor, which is passed over.
[[nodiscard]] inline std::string_view value_text(Cursor& at) {
  const char* const begin = at.base() + at.offset();
  at.skip();
  const char* end = at.base() + at.offset();
  // The cursor is at the structural character behind the value.
  while (end > begin && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t')) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

/// Calls `read` with a cursor at the beginning of a copy of the text, which lives as long as the call. False when the
/// text is not JSON, or `read` leaves some of it.
template <typename Read>
[[nodiscard]] bool read_json(std::string_view text, Read&& read) {
  Buffer copy;
  copy.append(text);
  copy.pad();
  Structurals structurals;
  if (!structurals.index(copy.view()).empty() || structurals.size() == 0) return false;
  Cursor at(copy.data(), structurals.begin(), true);
  try {
    read(at);
  } catch (const SyntaxError&) {
    return false;
  }
  return at.position() == structurals.begin() + structurals.size();
}

}  // namespace etl::fhir
