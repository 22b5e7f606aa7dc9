#pragma once

#include <cstdint>
#include <string_view>

namespace etl::fhir {

/// What the text of a Reference is, by its form alone.
enum class ReferenceForm : std::uint8_t {
  relative,   ///< Type/id
  versioned,  ///< Type/id/_history/version
  absolute,   ///< http(s)://base/Type/id, perhaps with /_history/version
  search,     ///< Type?name=value
  contained,  ///< #id, or # alone
  urn,        ///< urn:uuid:…, urn:oid:…
  canonical,  ///< an absolute URL with a version behind `|`
  url,        ///< any other absolute URL
  other,
};

struct ResourceReference {
  ReferenceForm form = ReferenceForm::other;
  /// Of the first three forms; views of the text.
  std::string_view target;   ///< Type/id
  std::string_view type;     ///< a resource type of FHIR R5
  std::string_view id;       ///< what stands there; is_id() holds
  std::string_view address;  ///< of an absolute one: the URL without scheme and version, `//base/Type/id`
};

/// Takes the text of a reference (without JSON escapes) apart: "References to Resources" of FHIR R5 (references.html).
/// A fragment (`Type/id#contained`) is left out: it is a reference to the resource that contains the target.
[[nodiscard]] ResourceReference resource_reference(std::string_view text) noexcept;

/// A number for the address of a resource: the same for http and https, and for all of its versions.
[[nodiscard]] std::uint64_t address_hash(std::string_view address) noexcept;

}  // namespace etl::fhir
