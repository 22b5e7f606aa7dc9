#include "fhir/fault.hpp"

#include <fmt/format.h>

namespace etl::fhir {

std::string_view to_string(FaultKind kind) noexcept {
  switch (kind) {
    case FaultKind::json:
      return "json";
    case FaultKind::resource_type:
      return "resource-type";
    case FaultKind::id:
      return "id";
    case FaultKind::unknown_element:
      return "unknown-element";
    case FaultKind::duplicate_element:
      return "duplicate-element";
    case FaultKind::wrong_type:
      return "wrong-type";
    case FaultKind::cardinality:
      return "cardinality";
    case FaultKind::choice:
      return "choice";
    case FaultKind::format:
      return "format";
    case FaultKind::reference:
      return "reference";
    case FaultKind::duplicate_id:
      return "duplicate-id";
    case FaultKind::dangling:
      return "dangling";
    case FaultKind::storage:
      return "storage";
    case FaultKind::binding:
      return "binding";
    case FaultKind::repeated_resource:
      return "repeated-resource";
    case FaultKind::no_link:
      return "no-link";
    case FaultKind::reference_type:
      return "reference-type";
    case FaultKind::text:
      return "text";
    case FaultKind::blank_in_path:
      return "blank-in-path";
    case FaultKind::unresolved_reference:
      return "unresolved-reference";
    case FaultKind::limited_link:
      return "limited-link";
    case FaultKind::search_reference:
      return "search-reference";
    case FaultKind::logical_reference:
      return "logical-reference";
    case FaultKind::contained_reference:
      return "contained-reference";
    case FaultKind::outside_reference:
      return "outside-reference";
    case FaultKind::canonical_reference:
      return "canonical-reference";
    case FaultKind::left_out_extension:
      return "left-out-extension";
    case FaultKind::deletion:
      return "deletion";
  }
  return "fault";
}

bool is_warning(FaultKind kind) noexcept { return kind >= FaultKind::binding; }

std::string Fault::text() const {
  std::string out = line == 0 ? file : fmt::format("{}:{}", file, line);
  out += ": ";
  if (!path.empty()) out += path + ": ";
  out += message;
  out += fmt::format(" ({}{})", to_string(kind), count > 1 ? fmt::format(", {} times", count) : "");
  return out;
}

}  // namespace etl::fhir
