#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace etl::fhir {

/// The kinds of things that can be wrong with a study; to_string() gives the name that reports use.
enum class IssueKind : std::uint8_t {
  json,           ///< not JSON, or not UTF-8
  resource_type,  ///< resourceType missing or unknown
  id,             ///< id missing
  unknown_element,
  duplicate_element,
  wrong_type,         ///< an object where a string should be, one value where an array should be, …
  cardinality,        ///< a required element missing, an empty array or object
  choice,             ///< two types of one choice
  format,             ///< a primitive that does not match its type
  reference,          ///< a reference that cannot be one
  duplicate_id,       ///< the same type and id again with another body
  dangling,           ///< a reference to a resource that is nowhere
  storage,            ///< a value that PostgreSQL cannot hold
  binding,            ///< (warning) a code outside a required binding
  repeated_resource,  ///< (warning) the same resource again, byte for byte
  no_link,            ///< (warning) a reference to a type that the dictionary does not link to
  limited_link,       ///< (warning) a reference that `limit_links` of the simplify configuration leaves out
  reference_type,     ///< (warning) a reference to a type that the definition of the element does not allow
  text,               ///< (warning) a text with control characters, or of white space only
  blank_in_path,      ///< (warning) a blank in the URL of a file, where %20 belongs
  // References that cannot become an edge; each kind is one warning, with a count and the first place.
  unresolved_reference,  ///< (warning) a urn: reference that no Bundle entry resolves
  search_reference,      ///< (warning) Type?name=value
  logical_reference,     ///< (warning) an identifier without a reference
  contained_reference,   ///< (warning) #id
  outside_reference,     ///< (warning) an absolute URL of something that the study does not have
  canonical_reference,   ///< (warning) the canonical URL of a definition
  left_out_extension,    ///< (warning) an extension that the record has no place for
  deletion,              ///< (warning) a deletion that cannot be carried out
};
inline constexpr std::size_t issue_kinds = static_cast<std::size_t>(IssueKind::deletion) + 1;

[[nodiscard]] std::string_view to_string(IssueKind kind) noexcept;
/// Warnings are reported and counted; they do not make a resource invalid.
[[nodiscard]] bool is_warning(IssueKind kind) noexcept;

/// One thing that is wrong, and where.
struct Issue {
  IssueKind kind = IssueKind::json;
  std::string file;        ///< as the user named it or as found below the folder
  std::uint64_t line = 0;  ///< 1-based; 0: the file as a whole
  std::string path;     ///< FHIRPath-like: Observation.component[2].valueQuantity.value; empty: the resource as a whole
  std::string message;  ///< what was found and what was expected
  std::uint64_t count = 1;  ///< warnings of one kind and path are counted together; this is the first of them

  /// `file:line: path: message (kind)`
  [[nodiscard]] std::string text() const;
};

}  // namespace etl::fhir
