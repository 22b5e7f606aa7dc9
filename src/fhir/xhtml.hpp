#pragma once

#include <string>
#include <string_view>

namespace etl::fhir {

/// Says what is wrong with a Narrative.div (without JSON escapes), and what was expected; returns an empty text when
/// nothing is. It must be well-formed XHTML: one `<div xmlns="http://www.w3.org/1999/xhtml">` with some content, and in
/// it only the elements, attributes, entities and URLs that FHIR R5 allows in a narrative (narrative.html, invariants
/// txt-1 and txt-2), so nothing that a browser would run. Stops at the first issue; time is linear in the size of the
/// text.
[[nodiscard]] std::string xhtml_problem(std::string_view text);

}  // namespace etl::fhir
