#pragma once

#include <span>
#include <string>
#include <string_view>

namespace etl::graph {

/// A name as PostgreSQL itself would print it: bare when it is plain lower case, in double quotes otherwise.
/// The graph's names begin with `node_`, `edge_`, `index_` or `_`, so none is a keyword.
[[nodiscard]] std::string quote_name(std::string_view name);

/// Any name, always in double quotes: it may be a keyword.
[[nodiscard]] std::string quote_any_name(std::string_view name);

/// A string literal. A backslash makes it an E'' literal, so that the result does not hang on
/// standard_conforming_strings. The text must not hold a NUL.
[[nodiscard]] std::string quote_text(std::string_view text);

/// `{"a","b"}`: an array of text as one parameter.
[[nodiscard]] std::string text_array(std::span<const std::string> items);

}  // namespace etl::graph
