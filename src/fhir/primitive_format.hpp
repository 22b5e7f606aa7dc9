#pragma once

#include <string_view>

#include "fhir/definitions.hpp"

namespace etl::fhir {

/// What JSON writes a primitive as.
enum class JsonKind : unsigned char { string, number, boolean };

[[nodiscard]] JsonKind json_kind(Primitive primitive) noexcept;

/// Does the text (unescaped, without quotes) fit the primitive's format in FHIR R5? Dates must exist in the calendar.
[[nodiscard]] bool fits(Primitive primitive, std::string_view text) noexcept;

/// The format in words, for a fault: "a date as YYYY, YYYY-MM or YYYY-MM-DD".
[[nodiscard]] std::string_view describe(Primitive primitive) noexcept;

/// `Type/id` as a relative reference to a resource; empty parts when it is anything else.
struct RelativeReference {
  std::string_view type;
  std::string_view id;
  [[nodiscard]] explicit operator bool() const noexcept { return !type.empty(); }
};
[[nodiscard]] RelativeReference relative_reference(std::string_view text) noexcept;

/// [A-Za-z0-9\-\.]{1,64}
[[nodiscard]] bool is_id(std::string_view text) noexcept;

}  // namespace etl::fhir
