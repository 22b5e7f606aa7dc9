#pragma once

#include <optional>
#include <string_view>

#include "base/buffer.hpp"
#include "flat/columns.hpp"
#include "flat/documents.hpp"

namespace etl::flat {

/// What of a value could not be written, and whether anything was.
struct Written {
  bool any = false;
  std::optional<Loss> loss = {};
};

/// Appends a JSON value as the column takes it: a list where it is an array and one value where it is not, numbers in
/// the form that the server accepts. `null` and lists of nothing are not written.
[[nodiscard]] Written write_value(Buffer& to, const Column& column, std::string_view value);

/// The same for one value that is no list.
[[nodiscard]] Written write_scalar(Buffer& to, Kind kind, std::string_view value);

}  // namespace etl::flat
