#pragma once

#include <string>
#include <string_view>

#include "fhir/cursor.hpp"

namespace etl::flat {

/// The value at the cursor as one column shows it, for a value[x] of FHIR: `kind` is what follows `value` in the
/// element's name (Quantity, CodeableConcept, String, …). Consumes the value. Sets `out` to JSON (a string, or the
/// number of a Count) and answers true; false when the value is empty, lacks what it needs (a Range without an end), or
/// is of a kind that has no text.
[[nodiscard]] bool shown_value(fhir::Cursor& cursor, std::string_view kind, std::string& out);

/// A number as Python prints it: 30, 2.5, 1e-05.
[[nodiscard]] std::string shown_number(std::string_view number);

}  // namespace etl::flat
