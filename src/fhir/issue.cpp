#include "fhir/issue.hpp"

#include <fmt/format.h>

namespace etl::fhir {

std::string_view to_string(IssueKind kind) noexcept {
  switch (kind) {
    case IssueKind::json:
      return "json";
    case IssueKind::resource_type:
      return "resource-type";
    case IssueKind::id:
      return "id";
    case IssueKind::unknown_element:
      return "unknown-element";
    case IssueKind::duplicate_element:
      return "duplicate-element";
    case IssueKind::wrong_type:
      return "wrong-type";
    case IssueKind::cardinality:
      return "cardinality";
    case IssueKind::choice:
      return "choice";
    case IssueKind::format:
      return "format";
    case IssueKind::reference:
      return "reference";
    case IssueKind::duplicate_id:
      return "duplicate-id";
    case IssueKind::dangling:
      return "dangling";
    case IssueKind::storage:
      return "storage";
    case IssueKind::binding:
      return "binding";
    case IssueKind::repeated_resource:
      return "repeated-resource";
    case IssueKind::no_link:
      return "no-link";
    case IssueKind::reference_type:
      return "reference-type";
    case IssueKind::text:
      return "text";
    case IssueKind::blank_in_path:
      return "blank-in-path";
    case IssueKind::unresolved_reference:
      return "unresolved-reference";
    case IssueKind::limited_link:
      return "limited-link";
    case IssueKind::search_reference:
      return "search-reference";
    case IssueKind::logical_reference:
      return "logical-reference";
    case IssueKind::contained_reference:
      return "contained-reference";
    case IssueKind::outside_reference:
      return "outside-reference";
    case IssueKind::canonical_reference:
      return "canonical-reference";
    case IssueKind::left_out_extension:
      return "left-out-extension";
    case IssueKind::deletion:
      return "deletion";
  }
  return "issue";
}

bool is_warning(IssueKind kind) noexcept { return kind >= IssueKind::binding; }

std::string Issue::text() const {
  std::string out = line == 0 ? file : fmt::format("{}:{}", file, line);
  out += ": ";
  if (!path.empty()) out += path + ": ";
  out += message;
  out += fmt::format(" ({}{})", to_string(kind), count > 1 ? fmt::format(", {} times", count) : "");
  return out;
}

}  // namespace etl::fhir
