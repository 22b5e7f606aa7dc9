#pragma once

#include <cstddef>
#include <string_view>

// What PostgreSQL can hold. The limits are those of its source: numeric.c (numeric_in, make_result), jsonb.h
// (JENTRY_OFFLENMASK), nbtree.h (BTMaxItemSize with pages of 8 kB).

namespace etl::fhir {

/// Is this JSON number within the range of PostgreSQL's `numeric`, the type of numbers in jsonb? That is up to 131,072
/// digits before the decimal point and up to 16,383 after it, once its exponent is resolved.
[[nodiscard]] bool fits_numeric(std::string_view number) noexcept;

/// The most bytes that a jsonb value, and each text in it, may have.
inline constexpr std::size_t most_jsonb_bytes = 0x0FFFFFFF;

/// The most bytes of text that an entry of a B-tree index may have: 2,704 bytes, of which the entry's header and the
/// lengths of up to two texts take some. PostgreSQL compresses such texts where it can, and then holds more.
inline constexpr std::size_t most_indexed_bytes = 2688;

}  // namespace etl::fhir
