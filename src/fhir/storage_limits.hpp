#pragma once

#include <string_view>

// What PostgreSQL can hold. The limits are those of its source: numeric.c (numeric_in, make_result).

namespace etl::fhir {

/// Is this JSON number within the range of PostgreSQL's `numeric`, the type of numbers in jsonb? That is up to 131,072
/// digits before the decimal point and up to 16,383 after it, once its exponent is resolved.
[[nodiscard]] bool fits_numeric(std::string_view number) noexcept;

}  // namespace etl::fhir
