#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace etl::fhir {

/// How many bytes PostgreSQL's `pglz` makes of this text with its default strategy; std::nullopt where it gives up
/// because it would save less than a quarter. PostgreSQL compresses long values before it stores them in an index, so
/// whether one fits depends on this. The steps follow src/common/pg_lzcompress.c.
[[nodiscard]] std::optional<std::size_t> pglz_size(std::string_view text);

}  // namespace etl::fhir
