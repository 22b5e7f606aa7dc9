#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fhir/definitions.hpp"
#include "fhir/name_table.hpp"
#include "fhir/primitive_format.hpp"

namespace etl::fhir {

struct Type;

/// A set of a type's elements by their index; no type of R5 comes near its size.
class ElementSet {
 public:
  static constexpr std::size_t capacity = 512;
  /// Put `index` in: was it there before?
  bool insert(std::size_t index) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    const bool there = (words_[index / 64] & bit) != 0;
    words_[index / 64] |= bit;
    return there;
  }
  [[nodiscard]] bool contains(std::size_t index) const noexcept {
    return (words_[index / 64] >> (index % 64) & 1) != 0;
  }
  [[nodiscard]] bool empty() const noexcept {
    std::uint64_t all = 0;
    for (const std::uint64_t word : words_) all |= word;
    return all == 0;
  }
  /// Is every element of `other` here?
  [[nodiscard]] bool covers(const ElementSet& other) const noexcept {
    std::uint64_t missing = 0;
    for (std::size_t w = 0; w < words_.size(); ++w) missing |= other.words_[w] & ~words_[w];
    return missing == 0;
  }

 private:
  std::array<std::uint64_t, capacity / 64> words_{};
};

/// What stands in JSON where an element stands.
enum class Shape : std::uint8_t {
  primitive,
  object,         ///< a data type or backbone element
  resource,       ///< any resource: contained, Bundle.entry.resource
  resource_type,  ///< the member "resourceType" of a resource
};

/// Types that have rules of their own.
enum class Rule : std::uint8_t {
  none,
  companion,  ///< Element, what the `_name` of a primitive is: an id alone will do beside a value
  extension,  ///< a value or nested extensions, not both (ext-1)
  coded,      ///< CodeableConcept, Coding, CodeableReference: the element that holds it may have a required binding
};

/// One member that an object of some type may have.
struct Element {
  std::string_view name;
  const Type* type = nullptr;  ///< never null; the primitive's own Type where shape is primitive
  Shape shape = Shape::primitive;
  Primitive primitive = Primitive::string;
  bool many = false;
  bool required = false;
  bool companion = false;       ///< a primitive that may have a companion (`_name`) with its id and extensions
  bool reference_text = false;  ///< it is Reference.reference
  bool profile = false;         ///< it is Meta.profile
  bool reference_type = false;  ///< it is Reference.type
  std::uint8_t choice = 0;      ///< 0 or the number of its choice group within the type
  std::uint16_t binding = 0;    ///< 0 or number + 1 of the required binding
  std::uint16_t targets = 0;    ///< 0 (any) or number + 1 of the set of types that its references may point to
  std::uint16_t index = 0;      ///< its place within its type
  std::uint32_t ordinal = 0;    ///< its place among all elements of all types
  const Type* owner = nullptr;  ///< the type that it is a member of
};

/// A type made ready for reading: its members by name.
struct Type {
  std::string_view name;
  Kind kind = Kind::complex;
  bool abstract = false;
  Rule rule = Rule::none;
  std::uint16_t index = 0;
  std::vector<Element> elements;  ///< a resource's "resourceType" is the last one
  NameTable names;
  ElementSet required{};               ///< single elements that must be there
  std::uint32_t required_choices = 0;  ///< bit n - 1: one of choice group n must be there

  [[nodiscard]] const Element* find(std::string_view element) const noexcept {
    const std::uint16_t number = names.find(element);
    return number == NameTable::none ? nullptr : &elements[number];
  }
};

/// All of FHIR R5, linked and hashed once at first use (a few milliseconds); immutable afterwards.
class Model {
 public:
  [[nodiscard]] static const Model& r5();

  /// A resource type that data can have (not an abstract one), or nullptr.
  [[nodiscard]] const Type* resource(std::string_view name) const noexcept;
  /// Any type by its name, or nullptr.
  [[nodiscard]] const Type* type(std::string_view name) const noexcept;
  [[nodiscard]] const std::vector<Type>& types() const noexcept { return types_; }
  [[nodiscard]] std::size_t element_count() const noexcept { return element_count_; }
  /// Is `code` among the codes of the required binding `binding` (Element::binding of a `code`)?
  [[nodiscard]] bool in_binding(std::uint16_t binding, std::string_view code) const noexcept {
    return bindings_[binding - 1U].find(code) != NameTable::none || (is_language(binding) && is_language_tag(code));
  }
  /// Does a Coding fit the required binding of an element that holds Codings? One that names no system fits by its
  /// code.
  [[nodiscard]] bool coding_in_binding(std::uint16_t binding, std::string_view system, std::string_view code) const;
  /// May the references of an element (Element::targets) point to this type of resource?
  [[nodiscard]] bool may_target(std::uint16_t targets, const Type& type) const noexcept {
    return targets == 0 || targets_[targets - 1U].test(type.index);
  }

 private:
  Model();
  [[nodiscard]] static bool is_language(std::uint16_t binding) noexcept {
    return fhir::bindings()[binding - 1U].form == BindingForm::languages;
  }

  static constexpr std::size_t most_types = 1024;

  std::vector<Type> types_;
  std::vector<NameTable> bindings_;
  std::vector<std::bitset<most_types>> targets_;
  NameTable type_names_;
  std::size_t element_count_ = 0;
};

}  // namespace etl::fhir
