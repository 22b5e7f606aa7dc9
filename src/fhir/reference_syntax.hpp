#pragma once

#include <string_view>

namespace etl::fhir {

/// What reference_syntax() finds out about the text of a Reference.
struct ReferenceSyntax {
  std::string_view problem;  ///< what is expected instead, to be put behind the text; empty: the syntax is right
  std::string_view type;     ///< the type of the resource that it names, as far as the text tells
  std::string_view id;       ///< and its id
};

/// Checks the text of a Reference (without JSON escapes): `Type/id`, `Type/id/_history/version`, either behind the base
/// URL of a server, a search `Type?name=value`, `#id`, or any other absolute URI. The rules are those of "References to
/// Resources" in FHIR R5 (references.html) and of RFC 3986; whether a target exists is not looked at.
[[nodiscard]] ReferenceSyntax reference_syntax(std::string_view text) noexcept;

}  // namespace etl::fhir
