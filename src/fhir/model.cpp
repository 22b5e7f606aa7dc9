#include "fhir/model.hpp"

#include <array>
#include <cstring>
#include <span>
#include <string>

#include "base/error.hpp"

namespace etl::fhir {
namespace {

Element link(const ElementRow& row, const std::vector<Type>& types) {
  Element element;
  element.name = row.name;
  element.type = &types[row.type];
  element.many = row.many;
  element.required = row.min > 0;
  element.choice = row.choice;
  element.binding = row.binding;
  element.targets = row.targets;
  switch (element.type->kind) {
    case Kind::primitive:
      element.shape = Shape::primitive;
      element.primitive = static_cast<Primitive>(row.type);
      break;
    case Kind::resource:
      element.shape = Shape::resource;
      break;
    default:
      element.shape = Shape::object;
  }
  return element;
}

}  // namespace

Model::Model() {
  const auto rows = fhir::types();
  if (rows.size() > most_types) throw InternalError("FHIR has too many types for Model");
  types_.resize(rows.size());
  std::vector<std::string_view> type_names;
  for (std::size_t t = 0; t < rows.size(); ++t) {
    types_[t].name = rows[t].name;
    types_[t].kind = rows[t].kind;
    types_[t].abstract = rows[t].abstract;
    types_[t].index = static_cast<std::uint16_t>(t);
    type_names.push_back(rows[t].name);
  }
  type_names_ = NameTable(type_names);

  for (Type& type : types_) {
    const auto element_rows = elements_of(type.index);
    type.elements.reserve(element_rows.size() + 1);
    for (const ElementRow& row : element_rows) type.elements.push_back(link(row, types_));
    if (type.kind == Kind::resource) {
      Element name;
      name.name = "resourceType";
      name.type = &types_[static_cast<std::size_t>(Primitive::code)];
      name.shape = Shape::resource_type;
      name.primitive = Primitive::code;
      type.elements.push_back(name);
    }
    if (type.elements.size() > ElementSet::capacity)
      throw InternalError("a FHIR type has too many elements for ElementSet");
    std::vector<std::string_view> names;
    for (Element& element : type.elements) {
      element.index = static_cast<std::uint16_t>(names.size());
      element.ordinal = static_cast<std::uint32_t>(element_count_++);
      element.owner = &type;
      element.companion = element.shape == Shape::primitive &&
                          (element.primitive != Primitive::system_string || type.kind == Kind::resource);
      // A resource's id is a System.String in the definitions' snapshot, and of type id by its extension there.
      if (type.kind == Kind::resource && element.name == "id") element.primitive = Primitive::id;
      element.profile = type.name == "Meta" && element.name == "profile";
      // Extension.url is a System.String there, too, and of type uri.
      if (type.name == "Extension" && element.name == "url") element.primitive = Primitive::uri;
      element.reference_type = type.name == "Reference" && element.name == "type";
      element.reference_text = type.name == "Reference" && element.name == "reference";
      if (element.required && element.choice == 0) type.required.insert(element.index);
      if (element.required && element.choice != 0) type.required_choices |= 1U << (element.choice - 1U);
      names.push_back(element.name);
    }
    type.names = NameTable(names);
    if (type.name == "Element") type.rule = Rule::companion;
    if (type.name == "Extension") type.rule = Rule::extension;
    if (type.name == "CodeableConcept" || type.name == "Coding" || type.name == "CodeableReference") {
      type.rule = Rule::coded;
    }
    if (type.kind != Kind::resource && !type.elements.empty() && type.elements.front().name != "id") {
      throw InternalError(std::string(type.name) + " does not begin with its id");
    }
  }

  for (const TargetRow& row : fhir::targets()) {
    std::bitset<most_types>& allowed = targets_.emplace_back();
    for (const std::uint16_t type : target_types().subspan(row.first, row.count)) allowed.set(type);
  }
  for (const BindingRow& row : fhir::bindings()) bindings_.emplace_back(fhir::codes().subspan(row.first, row.count));
}

const Model& Model::r5() {
  static const Model model;
  return model;
}

bool Model::coding_in_binding(std::uint16_t binding, std::string_view system, std::string_view code) const {
  const NameTable& allowed = bindings_[binding - 1U];
  if (is_language(binding)) {
    return (system.empty() || allowed.find(system) != NameTable::none) && is_language_tag(code);
  }
  if (system.empty()) return allowed.find(code) != NameTable::none;
  std::array<char, 256> room;  // NOLINT(cppcoreguidelines-pro-type-member-init): what is not written is not read
  const std::size_t size = system.size() + 1 + code.size();
  if (size > room.size()) return allowed.find(std::string(system).append(1, '|').append(code)) != NameTable::none;
  std::memcpy(room.data(), system.data(), system.size());
  room[system.size()] = '|';
  std::memcpy(room.data() + system.size() + 1, code.data(), code.size());
  return allowed.find({room.data(), size}) != NameTable::none;
}

const Type* Model::type(std::string_view name) const noexcept {
  const std::uint16_t number = type_names_.find(name);
  return number == NameTable::none ? nullptr : &types_[number];
}

const Type* Model::resource(std::string_view name) const noexcept {
  const Type* found = type(name);
  return found != nullptr && found->kind == Kind::resource && !found->abstract ? found : nullptr;
}

}  // namespace etl::fhir
