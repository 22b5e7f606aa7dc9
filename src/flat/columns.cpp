#include "flat/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "fhir/model.hpp"
#include "flat/patient_columns.hpp"

namespace etl::flat {
namespace {

using fhir::Model;
using fhir::Primitive;

bool is_integer(Primitive primitive) {
  return primitive == Primitive::integer || primitive == Primitive::integer64 || primitive == Primitive::positiveInt ||
         primitive == Primitive::unsignedInt;
}

Kind kind_of_json(const std::vector<std::string>& types, const std::string& items) {
  bool integer = false;
  bool number = false;
  for (const std::string& type : types) {
    if (type == "null") continue;
    const std::string& of = type == "array" ? items : type;
    if (of == "integer") {
      integer = true;
    } else if (of == "number") {
      number = true;
    } else {
      return Kind::keyword;
    }
  }
  return number ? Kind::double_decimal : integer ? Kind::long_integer : Kind::keyword;
}

/// A column of a property of the dictionary; one that allows a list is a list everywhere.
Column column_of(const dictionary::Property& property) {
  const bool array = std::ranges::find(property.types, "array") != property.types.end();
  const Kind kind = property.enumerated ? Kind::keyword : kind_of_json(property.types, property.items);
  return {property.name, kind, array};
}

using Columns = std::map<std::string, Column, std::less<>>;

void put(Columns& to, std::string name, Kind kind = Kind::keyword, bool array = false) {
  Column column{name, kind, array};
  to.insert_or_assign(std::move(name), std::move(column));
}

/// Unless the dictionary has it.
void put_missing(Columns& to, std::string_view name, Kind kind = Kind::keyword, bool array = false) {
  to.try_emplace(std::string(name), Column{std::string(name), kind, array});
}

Columns dictionary_columns(std::string_view type, const dictionary::Dictionary* dictionary) {
  const std::string_view label = type == "file" ? "document_reference" : type;
  Columns out;
  const dictionary::Node* const node = dictionary == nullptr ? nullptr : dictionary->by_label(label);
  if (node != nullptr) {
    for (const dictionary::Property& property : node->properties) {
      if (is_column_name(property.name)) out.insert_or_assign(property.name, column_of(property));
    }
  }
  if (type == "patient") {
    // The members of US Core's extensions, which the dictionary has only in part.
    for (const std::string_view of : {"us_core_race", "us_core_ethnicity"}) {
      put_missing(out, std::string(of) + "_text");
      put_missing(out, std::string(of) + "_ombCategory");
      put_missing(out, std::string(of) + "_ombCategory_coding", Kind::keyword, true);
    }
  } else {
    if (type == "file") {
      // What `simplify` adds to a DocumentReference.
      for (const std::string_view name : {"object_id", "file_name", "md5sum", "data_type", "data_format"})
        put_missing(out, name);
      put_missing(out, "file_size", Kind::long_integer);
    }
    if (dictionary != nullptr) {
      for (const dictionary::Edge& edge : dictionary->edges()) {
        const std::string name = edge.dst_label + "_id";
        if (edge.src_label == label && edge.dst_label != "project" && is_column_name(name)) put(out, name);
      }
    }
    put(out, "patient_id");
    if (type == "observation") {
      for (const std::string_view name : patient_columns) put(out, std::string(name));
      for (const std::string_view name : condition_columns) put(out, std::string(name), Kind::keyword, true);
    }
  }
  for (const std::string_view name : {"id", "project_id", "auth_resource_path"}) put(out, std::string(name));
  return out;
}

/// A resource type by its name in small letters, as the columns of a subject begin: `researchstudy`.
const fhir::Type* subject_type(std::string_view lower) {
  static const std::map<std::string, const fhir::Type*, std::less<>> by_name = [] {
    std::map<std::string, const fhir::Type*, std::less<>> out;
    for (const fhir::Type& type : Model::r5().types()) {
      if (type.kind != fhir::Kind::resource || type.abstract) continue;
      out.emplace(lower_case(type.name), &type);
    }
    return out;
  }();
  const auto found = by_name.find(lower);
  return found == by_name.end() ? nullptr : found->second;
}

/// Of an element that is a single primitive.
Kind kind_of_element(const fhir::Type& type, std::string_view name) {
  const fhir::Element* const element = type.find(name);
  if (element == nullptr || element->shape != fhir::Shape::primitive || element->many) return Kind::keyword;
  if (is_integer(element->primitive)) return Kind::long_integer;
  return element->primitive == Primitive::decimal ? Kind::double_decimal : Kind::keyword;
}

Columns dataframe_columns(std::string_view type) {
  Columns out;
  const std::string prefix = std::string(type) + "_";
  for (const std::string_view name : {"id", "identifier", "resourceType"}) put(out, prefix + std::string(name));
  const fhir::Type& resource = *resource_of(type);
  const auto add_primitives = [&](const fhir::Type& of) {
    for (const fhir::Element& element : of.elements) {
      if (element.shape == fhir::Shape::primitive && !element.many && element.name != "implicitRules")
        put_missing(out, prefix + std::string(element.name), kind_of_own_column(resource, element.name));
    }
  };
  add_primitives(resource);
  if (type == "document_reference") {
    add_primitives(*Model::r5().type("Attachment"));
    for (const std::string_view name : {"md5", "source_path"}) put_missing(out, prefix + std::string(name));
  } else if (type == "medication_administration") {
    for (const std::string_view name : {"total_dosage", "index_date_start_days", "index_date_end_days"})
      put(out, prefix + std::string(name), Kind::double_decimal);
    put(out, prefix + "regimen_id");
  } else if (type == "specimen") {
    put(out, prefix + "parent");
  } else if (type == "group_member") {
    put(out, prefix + "group_id");
    put(out, prefix + "member_id");
  }
  if (type != "group_member") {
    put(out, prefix + "patient_id");
    put(out, prefix + "patient_identifier");
  }
  put(out, "project_id");
  put(out, "auth_resource_path");
  return out;
}

}  // namespace

std::string_view name_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::long_integer:
      return "long";
    case Kind::double_decimal:
      return "double";
    case Kind::keyword:
      break;
  }
  return "keyword";
}

const std::vector<std::string>& document_types(Layout layout) {
  static const std::vector<std::string> dictionary{"patient", "observation", "file"};
  static const std::vector<std::string> dataframe{"research_subject", "specimen", "document_reference",
                                                  "medication_administration", "group_member"};
  return layout == Layout::dictionary ? dictionary : dataframe;
}

std::vector<Column> fixed_columns(Layout layout, std::string_view type, const dictionary::Dictionary* dictionary) {
  const auto& types = document_types(layout);
  if (std::ranges::find(types, type) == types.end()) throw InternalError(fmt::format("no documents of type {}", type));
  std::vector<Column> out;
  for (auto& [name, column] :
       layout == Layout::dictionary ? dictionary_columns(type, dictionary) : dataframe_columns(type)) {
    out.push_back(column);
  }
  return out;
}

Kind kind_of_column(std::string_view type, std::string_view column) {
  const fhir::Type* const resource = resource_of(type);
  if (resource == nullptr || !column.starts_with(type)) return Kind::keyword;
  column.remove_prefix(type.size());
  if (!column.starts_with('_')) return Kind::keyword;
  column.remove_prefix(1);
  if (const Kind own = kind_of_own_column(*resource, column); own != Kind::keyword) return own;
  // A subject's: patient_multipleBirthInteger.
  const std::size_t end = column.find('_');
  const fhir::Type* const subject = end == std::string_view::npos ? nullptr : subject_type(column.substr(0, end));
  return subject == nullptr ? Kind::keyword : kind_of_own_column(*subject, column.substr(end + 1));
}

Kind kind_of_own_column(const fhir::Type& type, std::string_view name) {
  const Kind kind = kind_of_element(type, name);
  if (kind != Kind::keyword) return kind;
  if (type.name == "DocumentReference") return kind_of_element(*Model::r5().type("Attachment"), name);
  if (type.name == "MedicationAdministration" &&
      (name == "total_dosage" || name == "index_date_start_days" || name == "index_date_end_days")) {
    return Kind::double_decimal;
  }
  return Kind::keyword;
}

const fhir::Type* resource_of(std::string_view type) {
  static const std::map<std::string, const fhir::Type*, std::less<>> by_type = [] {
    std::map<std::string, const fhir::Type*, std::less<>> out;
    for (const std::string& name : document_types(Layout::dataframe)) {
      for (const fhir::Type& candidate : Model::r5().types()) {
        if (candidate.kind == fhir::Kind::resource && snake_case(candidate.name) == name) out.emplace(name, &candidate);
      }
    }
    out.emplace("group_member", Model::r5().resource("Group"));
    return out;
  }();
  const auto found = by_type.find(type);
  return found == by_type.end() ? nullptr : found->second;
}

std::string lower_case(std::string_view type) {
  std::string out(type);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_column_name(std::string_view name) noexcept {
  const auto letter = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (name.empty() || !letter(name.front()) || name.starts_with("__") || name == "_matched") return false;
  return std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); });
}

std::string column_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) continue;  // it belongs to the character before it
    const bool usable = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out.push_back(usable ? c : '_');
  }
  if (out.empty()) return "_";
  if (out == "__typename" || out == "__schema" || out == "__type") out.erase(0, 1);
  if (out.front() >= '0' && out.front() <= '9') out.insert(out.begin(), '_');
  return out;
}

}  // namespace etl::flat
