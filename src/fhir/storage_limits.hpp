#pragma once

#include <cstddef>
#include <string_view>

// What PostgreSQL can hold. The limits are those of its source: numeric.c (numeric_in, make_result), nbtree.h
// (BTMaxItemSize), indextuple.c (index_form_tuple), jsonb_util.c (convertToJsonb), memutils.h (MaxAllocSize).

namespace etl::fhir {

/// Is this JSON number within the range of PostgreSQL's `numeric`, the type of numbers in jsonb? That is up to 131,072
/// digits before the decimal point and up to 16,383 after it, once its exponent is resolved.
[[nodiscard]] bool fits_numeric(std::string_view number) noexcept;

/// The bytes that a number which fits takes in jsonb.
[[nodiscard]] std::size_t numeric_size(std::string_view number) noexcept;

/// The size of one row of a btree index over text columns, in bytes. Long values count with the size that they are
/// compressed to: by pglz, PostgreSQL's default (`default_toast_compression`).
class IndexRow {
 public:
  /// The next column; it is not NULL.
  void add(std::string_view text);
  [[nodiscard]] std::size_t size() const noexcept { return (header + data_ + 7) & ~std::size_t{7}; }
  [[nodiscard]] bool fits() const noexcept { return size() <= most; }

  /// A third of a page of 8 KiB, PostgreSQL's default.
  static constexpr std::size_t most = 2704;

 private:
  static constexpr std::size_t header = 8;
  std::size_t data_ = 0;
};

/// The bytes of one jsonb value.
inline constexpr std::size_t most_jsonb_bytes = 0x0FFFFFFF;
/// The elements of one array and the members of one object: PostgreSQL doubles their memory when it is full, up to
/// 1 GiB.
inline constexpr std::size_t most_jsonb_elements = std::size_t{1} << 24U;
inline constexpr std::size_t most_jsonb_members = std::size_t{1} << 23U;
/// The text of a value in COPY, the version byte of jsonb included.
inline constexpr std::size_t most_field_bytes = 0x3FFFFFFE;

/// What jsonb needs for a JSON text.
struct JsonbSize {
  std::size_t bytes = 0;          ///< of the whole value, without the length that every value has
  std::size_t elements = 0;       ///< of its largest array
  std::size_t members = 0;        ///< of its largest object, repeated names included
  std::string_view largest = {};  ///< raw name of the outermost member whose value takes the most bytes
};

/// Measures a JSON object, which must be valid and at most 1,024 levels deep. It takes memory for each member of an
/// object; use it for large ones only.
[[nodiscard]] JsonbSize jsonb_size(std::string_view object);

/// No JSON text can take more bytes in jsonb than this many times its own: `1,` becomes 12 bytes.
inline constexpr std::size_t most_jsonb_growth = 6;

}  // namespace etl::fhir
