#pragma once

// The FHIR R5 definitions as tables: every primitive type, data type, backbone element and resource of npm
// hl7.fhir.r5.core 5.0.0, and value sets of hl7.fhir.r5.expansions 5.0.0 whose code systems are published elsewhere.
// tools/fhir-definitions/generate.py writes them into src/fhir/generated/.
//
// They come from the snapshots of the StructureDefinitions that are types of their own; profiles (SimpleQuantity,
// the vital signs) and logical models are not types. Each type's elements include those it inherits (id, extension,
// meta, …), in the order of the specification. Left to the code that walks JSON: a resource's
// `resourceType` (the rows of this name, in Consent.provision and Subscription.filterBy, are ordinary elements), and
// the `_name` companion of a primitive, which is of type "Element"; primitives therefore have no elements here.

#include <cstdint>
#include <span>
#include <string_view>

namespace etl::fhir {

/// The primitive types. The value is the type's index in types(): primitives come first, in this order.
enum class Primitive : std::uint8_t {
  base64Binary,
  boolean,
  canonical,
  code,
  date,
  dateTime,
  decimal,
  id,
  instant,
  integer,
  integer64,
  markdown,
  oid,
  positiveInt,
  string,
  time,
  unsignedInt,
  uri,
  url,
  uuid,
  xhtml,
  /// Element.id, Extension.url and the id of a resource: FHIRPath's System.String, which has no companion. That a
  /// resource's id must have the form of `id` above does not show in the table.
  system_string,
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
  std::uint16_t targets;  ///< 0, or index + 1 into targets(): the resources that a reference may point to
};

struct TypeRow {
  std::string_view name;
  Kind kind;
  std::uint32_t first;  ///< its elements: elements()[first .. first + count)
  std::uint16_t count;
  bool abstract;
};

/// How the codes of a required binding are to be read.
enum class BindingForm : std::uint8_t {
  codes,      ///< of a `code`: the codes
  codings,    ///< of a Coding (or what holds Codings): `system|code`, and the code alone for a Coding without a system
  languages,  ///< tags of BCP 47, which no list holds; a Coding's system is the only row
};

/// A required binding to a value set that can be checked; codes are sorted. Elements of type `code` that are bound to
/// MIME types, currencies or units have none.
struct BindingRow {
  std::string_view value_set;  ///< canonical URL without version
  std::uint32_t first;         ///< its codes: codes()[first .. first + count)
  std::uint32_t count;
  BindingForm form;
};

/// The types of resources that an element's references may point to: target_types()[first .. first + count).
struct TargetRow {
  std::uint32_t first;
  std::uint32_t count;
};

/// `urn:oid:` number (without the prefix) -> id of the CodeSystem, ValueSet or NamingSystem that has it; where several
/// have it, the first kind of these, and then the one that does not mark it as old.
struct OidRow {
  std::string_view oid;
  std::string_view name;
};

[[nodiscard]] std::span<const TypeRow> types() noexcept;
[[nodiscard]] std::span<const ElementRow> elements() noexcept;
[[nodiscard]] std::span<const BindingRow> bindings() noexcept;
[[nodiscard]] std::span<const std::string_view> codes() noexcept;
[[nodiscard]] std::span<const TargetRow> targets() noexcept;
[[nodiscard]] std::span<const std::uint16_t> target_types() noexcept;  ///< indexes into types()
[[nodiscard]] std::span<const OidRow> oids() noexcept;                 ///< sorted by oid

inline constexpr std::uint16_t no_type = 0xFFFF;

/// Index of the type of this name ("Patient", "CodeableConcept", "Observation.component"), or no_type. A binary
/// search: look a type up once and keep its index.
[[nodiscard]] std::uint16_t find_type(std::string_view name) noexcept;
/// The elements of a type.
[[nodiscard]] std::span<const ElementRow> elements_of(std::uint16_t type) noexcept;
/// The name that an OID has in the definitions, or empty.
[[nodiscard]] std::string_view oid_name(std::string_view oid) noexcept;

}  // namespace etl::fhir
