#pragma once

// The FHIR R5 definitions as tables: every primitive type, data type, backbone element and resource of
// npm hl7.fhir.r5.core 5.0.0, written by tools/fhir-definitions into src/fhir/generated/.

#include <cstdint>
#include <span>
#include <string_view>

namespace etl::fhir {

/// The primitive types. The value is the type's index in types(): primitives come first, in this order.
enum class Primitive : std::uint8_t {
  base64Binary, boolean, canonical, code, date, dateTime, decimal, id, instant, integer, integer64,
  markdown, oid, positiveInt, string, time, unsignedInt, uri, url, uuid, xhtml,
  system_string,  ///< Element.id and Extension.url: FHIRPath's System.String, no companion element
};

enum class Kind : std::uint8_t {
  primitive,
  complex,   ///< a data type: CodeableConcept, Period, …
  backbone,  ///< an element with elements of its own, named by its path: Observation.component
  resource,  ///< "Resource" itself (any resource, told by its resourceType) and "DomainResource" are resources too
};

/// One element as it stands in JSON. A choice (`value[x]`) gives one row per type: valueQuantity, valueString, …
struct ElementRow {
  std::string_view name;
  std::uint16_t type;     ///< index into types(); a contentReference points at the backbone it names
  std::uint8_t min;       ///< 0 or 1 (or more); for a choice it holds for the group as a whole
  bool many;              ///< max cardinality above 1: an array in JSON
  std::uint8_t choice;    ///< 0, or the number of the choice group within its type (1, 2, …)
  std::uint16_t binding;  ///< 0, or index + 1 into bindings(): a required binding whose codes are known
};

struct TypeRow {
  std::string_view name;
  Kind kind;
  std::uint32_t first;  ///< its elements: elements()[first .. first + count)
  std::uint16_t count;
  bool abstract;
};

/// A required binding to a value set whose codes the package enumerates; codes are sorted.
struct BindingRow {
  std::string_view value_set;  ///< canonical URL without version
  std::uint32_t first;         ///< its codes: codes()[first .. first + count)
  std::uint32_t count;
};

/// `urn:oid:` number (without the prefix) -> id of the CodeSystem, ValueSet or NamingSystem that has it.
struct OidRow {
  std::string_view oid;
  std::string_view name;
};

[[nodiscard]] std::span<const TypeRow> types() noexcept;
[[nodiscard]] std::span<const ElementRow> elements() noexcept;
[[nodiscard]] std::span<const BindingRow> bindings() noexcept;
[[nodiscard]] std::span<const std::string_view> codes() noexcept;
[[nodiscard]] std::span<const OidRow> oids() noexcept;  ///< sorted by oid

inline constexpr std::uint16_t no_type = 0xFFFF;

/// Index of the type of this name ("Patient", "CodeableConcept", "Observation.component"), or no_type.
[[nodiscard]] std::uint16_t find_type(std::string_view name) noexcept;
/// The elements of a type.
[[nodiscard]] std::span<const ElementRow> elements_of(std::uint16_t type) noexcept;
/// The name that an OID has in the definitions, or empty.
[[nodiscard]] std::string_view oid_name(std::string_view oid) noexcept;

}  // namespace etl::fhir
