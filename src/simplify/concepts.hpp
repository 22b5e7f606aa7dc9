#pragma once

#include <string_view>
#include <vector>

#include "fhir/model.hpp"
#include "fhir/walker.hpp"

namespace etl::simplify {

/// The elements of the data types that a record is made of, looked up once.
struct KnownTypes {
  const fhir::Type* coding;
  const fhir::Type* codeable_concept;
  const fhir::Type* codeable_reference;
  const fhir::Type* reference;
  const fhir::Type* identifier;
  const fhir::Type* extension;
  std::uint16_t coding_system, coding_code, coding_display;
  std::uint16_t concept_coding, concept_text;
  std::uint16_t codeable_reference_concept, codeable_reference_reference;
  std::uint16_t reference_reference;
  std::uint16_t identifier_system, identifier_value, identifier_type;
  std::uint16_t extension_url, extension_extension;
  std::uint16_t quantity_value, quantity_unit, quantity_system, quantity_code, quantity_comparator;

  [[nodiscard]] static const KnownTypes& get();
};

/// Raw JSON text; empty where an element is missing.
struct Coding {
  std::string_view system;
  std::string_view code;
  std::string_view display;

  [[nodiscard]] std::string_view shown() const noexcept { return display.empty() ? code : display; }
};

struct Quantity {
  std::string_view value, unit, system, code, comparator;
};

struct Identifier {
  std::string_view system;
  std::string_view value;
  std::size_t first_type = 0;  ///< its type's codings, in the list that read_identifier() appends to
  std::size_t end_type = 0;
};

// The functions below consume one value at the walker's cursor, which must be of the type that they name.

template <class W>
Coding read_coding(W& walker) {
  const KnownTypes& known = KnownTypes::get();
  Coding out;
  walker.object(*known.coding, [&](const fhir::Element& element) {
    if (element.index == known.coding_system) {
      out.system = walker.primitive(element).raw;
    } else if (element.index == known.coding_code) {
      out.code = walker.primitive(element).raw;
    } else if (element.index == known.coding_display) {
      out.display = walker.primitive(element).raw;
    } else {
      return false;
    }
    return true;
  });
  return out;
}

/// Append the concept's codings and its text, where it has one.
template <class W>
void read_concept(W& walker, std::vector<Coding>& codings, std::vector<std::string_view>& texts) {
  const KnownTypes& known = KnownTypes::get();
  walker.object(*known.codeable_concept, [&](const fhir::Element& element) {
    if (element.index == known.concept_coding) {
      walker.array(element, [&](std::size_t) { codings.push_back(read_coding(walker)); });
    } else if (element.index == known.concept_text) {
      if (const fhir::Token text = walker.primitive(element); text.valid) texts.push_back(text.raw);
    } else {
      return false;
    }
    return true;
  });
}

/// The Reference's `reference`, or empty.
template <class W>
std::string_view read_reference(W& walker) {
  const KnownTypes& known = KnownTypes::get();
  std::string_view out;
  walker.object(*known.reference, [&](const fhir::Element& element) {
    if (element.index != known.reference_reference) return false;
    out = walker.primitive(element).raw;
    return true;
  });
  return out;
}

template <class W>
Identifier read_identifier(W& walker, std::vector<Coding>& type_codings, std::vector<std::string_view>& texts) {
  const KnownTypes& known = KnownTypes::get();
  Identifier out;
  out.first_type = type_codings.size();
  walker.object(*known.identifier, [&](const fhir::Element& element) {
    if (element.index == known.identifier_system) {
      out.system = walker.primitive(element).raw;
    } else if (element.index == known.identifier_value) {
      out.value = walker.primitive(element).raw;
    } else if (element.index == known.identifier_type) {
      read_concept(walker, type_codings, texts);
    } else {
      return false;
    }
    return true;
  });
  out.end_type = type_codings.size();
  return out;
}

/// `type` is Quantity or one of those with the same elements: Age, Count, Distance, Duration.
template <class W>
Quantity read_quantity(W& walker, const fhir::Type& type) {
  const KnownTypes& known = KnownTypes::get();
  Quantity out;
  walker.object(type, [&](const fhir::Element& element) {
    if (element.index == known.quantity_value) {
      out.value = walker.primitive(element).raw;
    } else if (element.index == known.quantity_unit) {
      out.unit = walker.primitive(element).raw;
    } else if (element.index == known.quantity_system) {
      out.system = walker.primitive(element).raw;
    } else if (element.index == known.quantity_code) {
      out.code = walker.primitive(element).raw;
    } else if (element.index == known.quantity_comparator) {
      out.comparator = walker.primitive(element).raw;
    } else {
      return false;
    }
    return true;
  });
  return out;
}

/// Does the type have Quantity's elements?
[[nodiscard]] inline bool is_quantity(const fhir::Type& type) noexcept {
  return type.name == "Quantity" || type.name == "Age" || type.name == "Count" || type.name == "Distance" ||
         type.name == "Duration";
}

}  // namespace etl::simplify
