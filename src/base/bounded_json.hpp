#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

/// JSON from outside: service answers, mounted files, dictionaries. nlohmann's parser does not recurse, but dump() and
/// most code that walks a document do, so a document of a few kilobytes that is nested deeply enough overflows the
/// stack. Every place that parses foreign JSON with nlohmann goes through these functions.
namespace etl {

struct JsonBounds {
  std::size_t depth = 100;                            ///< of nested objects and arrays
  std::size_t bytes = std::size_t{64} * 1024 * 1024;  ///< of the text
};

/// Why the text is out of bounds, for people ("nested more than 100 levels deep"); nothing when it is within them.
/// Reads the text once, without recursion, and does not check that it is JSON.
[[nodiscard]] std::optional<std::string> out_of_bounds(std::string_view json, const JsonBounds& bounds = {});

/// The document. InputError with `where` when the text is not JSON or is out of bounds; the message gives the byte at
/// which parsing failed and never quotes the text, which may hold a secret.
[[nodiscard]] nlohmann::json parse_json(std::string_view json, const std::string& where, const JsonBounds& bounds = {});
/// The same, keeping the order of members.
[[nodiscard]] nlohmann::ordered_json parse_ordered_json(std::string_view json, const std::string& where,
                                                        const JsonBounds& bounds = {});

/// The document, or a discarded value (`is_discarded()`) when the text is not JSON or is out of bounds.
[[nodiscard]] nlohmann::json try_parse_json(std::string_view json, const JsonBounds& bounds = {});

}  // namespace etl
