#include "simplify/concepts.hpp"

#include <string>

#include "base/error.hpp"

namespace etl::simplify {
namespace {

std::uint16_t index_of(const fhir::Type& type, std::string_view element) {
  const fhir::Element* found = type.find(element);
  if (found == nullptr) throw InternalError(std::string(type.name) + " has no element " + std::string(element));
  return found->index;
}

KnownTypes look_up() {
  const fhir::Model& model = fhir::Model::r5();
  KnownTypes out{};
  out.coding = model.type("Coding");
  out.codeable_concept = model.type("CodeableConcept");
  out.codeable_reference = model.type("CodeableReference");
  out.reference = model.type("Reference");
  out.identifier = model.type("Identifier");
  out.extension = model.type("Extension");
  const fhir::Type& quantity = *model.type("Quantity");
  out.coding_system = index_of(*out.coding, "system");
  out.coding_code = index_of(*out.coding, "code");
  out.coding_display = index_of(*out.coding, "display");
  out.concept_coding = index_of(*out.codeable_concept, "coding");
  out.concept_text = index_of(*out.codeable_concept, "text");
  out.codeable_reference_concept = index_of(*out.codeable_reference, "concept");
  out.codeable_reference_reference = index_of(*out.codeable_reference, "reference");
  out.reference_reference = index_of(*out.reference, "reference");
  out.identifier_system = index_of(*out.identifier, "system");
  out.identifier_value = index_of(*out.identifier, "value");
  out.identifier_type = index_of(*out.identifier, "type");
  out.extension_url = index_of(*out.extension, "url");
  out.extension_extension = index_of(*out.extension, "extension");
  out.quantity_value = index_of(quantity, "value");
  out.quantity_unit = index_of(quantity, "unit");
  out.quantity_system = index_of(quantity, "system");
  out.quantity_code = index_of(quantity, "code");
  out.quantity_comparator = index_of(quantity, "comparator");
  // One set of numbers serves all the types that are Quantities; hold the definitions to it.
  for (const char* name : {"Age", "Count", "Distance", "Duration"}) {
    const fhir::Type& type = *model.type(name);
    if (index_of(type, "value") != out.quantity_value || index_of(type, "code") != out.quantity_code) {
      throw InternalError(std::string(name) + " does not have the elements of Quantity");
    }
  }
  return out;
}

}  // namespace

const KnownTypes& KnownTypes::get() {
  static const KnownTypes known = look_up();
  return known;
}

}  // namespace etl::simplify
