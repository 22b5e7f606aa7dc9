#pragma once

#include <string_view>

#include "fhir/definitions.hpp"

namespace etl::fhir {

/// What JSON writes a primitive as.
enum class JsonKind : unsigned char { string, number, boolean };

[[nodiscard]] JsonKind json_kind(Primitive primitive) noexcept;

/// Does the text (unescaped, without quotes) fit the primitive's format in FHIR R5? Dates must exist in the calendar.
[[nodiscard]] bool fits(Primitive primitive, std::string_view text) noexcept;

/// The format in words, for an issue: "a date as YYYY, YYYY-MM or YYYY-MM-DD".
[[nodiscard]] std::string_view describe(Primitive primitive) noexcept;
/// The JSON type of its values, and its name: `a string (code)`.
[[nodiscard]] std::string_view json_type(Primitive primitive) noexcept;

/// `Type/id` as a relative reference to a resource; empty parts when it is anything else.
struct RelativeReference {
  std::string_view type;
  std::string_view id;
  [[nodiscard]] explicit operator bool() const noexcept { return !type.empty(); }
};
[[nodiscard]] RelativeReference relative_reference(std::string_view text) noexcept;

/// Is `text` a well-formed language tag (RFC 5646: `en`, `de-CH`, `zh-Hant-TW`)? Registered or not is not looked at.
[[nodiscard]] bool is_language_tag(std::string_view text) noexcept;

/// Does `text` have a character that is no white space?
[[nodiscard]] bool has_visible(std::string_view text) noexcept;
/// Does `text` have a control character other than tab, line feed and carriage return?
[[nodiscard]] bool has_control(std::string_view text) noexcept;

/// A URI that would be right if its blanks were written as %20, and that can be the path of a file: relative, or of
/// scheme `file`. Blanks at its ends do not count as part of a path.
[[nodiscard]] bool is_path_with_blanks(std::string_view text) noexcept;

/// [A-Za-z0-9\-\.]{1,64}
[[nodiscard]] bool is_id(std::string_view text) noexcept;

}  // namespace etl::fhir
