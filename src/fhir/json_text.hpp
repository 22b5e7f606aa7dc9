#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace etl::fhir {

/// Where an escape sequence of a raw JSON string (the bytes between its quotes) is wrong.
struct EscapeError {
  std::size_t offset;    ///< of the backslash
  const char* expected;  ///< nullptr: all escapes are right
};

/// Check every escape: only those of RFC 8259, surrogates in pairs, and no NUL, which neither FHIR nor PostgreSQL
/// knows.
[[nodiscard]] EscapeError check_escapes(std::string_view raw) noexcept;

/// The text that a raw JSON string stands for; its escapes must have passed check_escapes().
void unescape(std::string_view raw, std::string& out);

/// Append `text` as the inside of a JSON string: escapes where there must be one, the short one where there is (as
/// PostgreSQL writes jsonb).
void append_escaped(std::string& out, std::string_view text);

/// Is `token` a JSON number by RFC 8259?
[[nodiscard]] bool is_number(std::string_view token) noexcept;

}  // namespace etl::fhir
