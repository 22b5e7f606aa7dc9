#include "fhir/definitions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>
#include <vector>

namespace etl::fhir {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr auto index_of(Primitive primitive) { return static_cast<std::uint16_t>(primitive); }

std::span<const ElementRow> elements_of(std::string_view type) {
  const std::uint16_t index = find_type(type);
  EXPECT_NE(index, no_type) << type;
  return fhir::elements_of(index);
}

/// The row of an element, or one of no type.
ElementRow element(std::string_view type, std::string_view name) {
  const auto rows = elements_of(type);
  const auto found = std::ranges::find(rows, name, &ElementRow::name);
  EXPECT_NE(found, rows.end()) << type << "." << name;
  return found == rows.end() ? ElementRow{"", no_type, 0, false, 0, 0, 0} : *found;
}

std::string_view type_name(const ElementRow& row) { return row.type < types().size() ? types()[row.type].name : ""; }

/// JSON names of the choice that `name` is one of.
std::vector<std::string_view> choice(std::string_view type, std::string_view name) {
  const auto group = element(type, name).choice;
  EXPECT_GT(group, 0);
  std::vector<std::string_view> names;
  for (const auto& row : elements_of(type)) {
    if (row.choice == group) names.push_back(row.name);
  }
  return names;
}

std::span<const std::string_view> allowed_codes(const ElementRow& row) {
  EXPECT_GT(row.binding, 0);
  if (row.binding == 0) return {};
  const auto& binding = bindings()[row.binding - 1U];
  return codes().subspan(binding.first, binding.count);
}

TEST(FhirDefinitions, HoldsEveryTypeOfThePackage) {
  const auto count = [](Kind kind, bool abstract) {
    return std::ranges::count_if(types(),
                                 [&](const TypeRow& row) { return row.kind == kind && row.abstract == abstract; });
  };
  // Counted in the StructureDefinitions of hl7.fhir.r5.core 5.0.0 with derivation specialization (or none).
  EXPECT_EQ(count(Kind::resource, false), 158);
  EXPECT_EQ(count(Kind::resource, true), 4);  // Resource, DomainResource, CanonicalResource, MetadataResource
  EXPECT_EQ(count(Kind::complex, false), 42);
  EXPECT_EQ(count(Kind::complex, true), 6);  // Base, Element, DataType, PrimitiveType, BackboneElement, BackboneType
  EXPECT_EQ(count(Kind::primitive, false), 22);  // 21 and system_string
  EXPECT_EQ(count(Kind::backbone, true), 0);
}

TEST(FhirDefinitions, FindsEachTypeByItsName) {
  for (std::uint16_t index = 0; index < types().size(); ++index) {
    if (index != index_of(Primitive::system_string)) {
      EXPECT_EQ(find_type(types()[index].name), index);
    }
  }
  EXPECT_EQ(find_type("integer64"), index_of(Primitive::integer64));
  EXPECT_EQ(find_type("Observation.component"), element("Observation", "component").type);
}

TEST(FhirDefinitions, KnowsNoOtherNames) {
  for (const auto* name : {"", "patient", "Patien", "Patient.", "Patient.name", "SimpleQuantity", "Observation.value",
                           "Media", "zzz", "Zzz", "\xff"}) {
    EXPECT_EQ(find_type(name), no_type) << name;
  }
  EXPECT_THAT(fhir::elements_of(no_type), IsEmpty());
}

TEST(FhirDefinitions, KeepsPrimitivesInTheOrderOfTheEnum) {
  EXPECT_EQ(types()[index_of(Primitive::base64Binary)].name, "base64Binary");
  EXPECT_EQ(types()[index_of(Primitive::xhtml)].name, "xhtml");
  for (std::uint16_t index = 0; index < types().size(); ++index) {
    EXPECT_EQ(types()[index].kind == Kind::primitive, index <= index_of(Primitive::system_string)) << index;
    if (types()[index].kind == Kind::primitive) {
      EXPECT_THAT(fhir::elements_of(index), IsEmpty());
    }
  }
}

TEST(FhirDefinitions, RefersOnlyToRowsThatExist) {
  std::uint32_t next = 0;
  for (const auto& type : types()) {
    EXPECT_EQ(type.first, next) << type.name;
    next += type.count;
  }
  EXPECT_EQ(next, elements().size());
  for (const auto& row : elements()) {
    EXPECT_LT(row.type, types().size()) << row.name;
    EXPECT_LE(row.binding, bindings().size()) << row.name;
    EXPECT_LE(row.targets, targets().size()) << row.name;
    if (row.binding != 0 && bindings()[row.binding - 1U].form == BindingForm::codes) {
      EXPECT_EQ(row.type, index_of(Primitive::code)) << row.name;
    }
    EXPECT_EQ(row.name.find('['), std::string_view::npos) << row.name;
  }
}

TEST(FhirDefinitions, NamesEachElementOnceInItsType) {
  for (const auto& type : types()) {
    std::set<std::string_view> names;
    for (const auto& row : elements().subspan(type.first, type.count)) {
      EXPECT_TRUE(names.insert(row.name).second) << type.name << "." << row.name;
    }
  }
}

TEST(FhirDefinitions, NumbersTheChoicesOfATypeFromOne) {
  for (const auto& type : types()) {
    std::uint8_t last = 0;
    const auto rows = elements().subspan(type.first, type.count);
    for (const auto& row : rows) {
      if (row.choice == 0) continue;
      EXPECT_TRUE(row.choice == last || row.choice == last + 1) << type.name << "." << row.name;
      last = row.choice;
      EXPECT_FALSE(row.many) << type.name << "." << row.name;
      const auto alternatives = std::ranges::count(rows, row.choice, &ElementRow::choice);
      EXPECT_GT(alternatives, 0);
      for (const auto& other : rows) {
        if (other.choice == row.choice) {
          EXPECT_EQ(other.min, row.min) << type.name << "." << row.name;
        }
      }
    }
  }
}

TEST(FhirDefinitions, ExpandsAChoiceIntoItsJsonNames) {
  EXPECT_THAT(choice("Observation", "valueQuantity"),
              ElementsAre("valueQuantity", "valueCodeableConcept", "valueString", "valueBoolean", "valueInteger",
                          "valueRange", "valueRatio", "valueSampledData", "valueTime", "valueDateTime", "valuePeriod",
                          "valueAttachment", "valueReference"));
  EXPECT_NE(element("Observation", "effectiveDateTime").choice, element("Observation", "valueDateTime").choice);
  EXPECT_THAT(choice("Patient", "deceasedBoolean"), ElementsAre("deceasedBoolean", "deceasedDateTime"));
  EXPECT_EQ(element("Task.input", "valueString").min, 1);
  // An open type: every type that may stand in an extension, and the same for Task.input.
  EXPECT_EQ(choice("Extension", "valueString").size(), 54U);
  EXPECT_EQ(choice("Task.input", "valueString").size(), 54U);
  EXPECT_EQ(type_name(element("Extension", "valueBase64Binary")), "base64Binary");
  EXPECT_EQ(type_name(element("Extension", "valueCodeableReference")), "CodeableReference");
}

TEST(FhirDefinitions, FollowsReferencesToContent) {
  EXPECT_EQ(type_name(element("Observation.component", "referenceRange")), "Observation.referenceRange");
  EXPECT_EQ(type_name(element("Questionnaire.item", "item")), "Questionnaire.item");
  EXPECT_EQ(type_name(element("Bundle.entry", "link")), "Bundle.link");
}

TEST(FhirDefinitions, KnowsCardinalities) {
  EXPECT_EQ(element("Patient.link", "other").min, 1);
  EXPECT_FALSE(element("Patient.link", "other").many);
  EXPECT_EQ(element("Patient", "link").min, 0);
  EXPECT_TRUE(element("Patient", "link").many);
  EXPECT_EQ(element("Observation", "status").min, 1);
  EXPECT_EQ(element("DocumentReference", "content").min, 1);
  EXPECT_TRUE(element("DocumentReference", "content").many);
}

TEST(FhirDefinitions, KnowsTypes) {
  EXPECT_EQ(element("Extension", "url").type, index_of(Primitive::system_string));
  EXPECT_EQ(element("Element", "id").type, index_of(Primitive::system_string));
  EXPECT_EQ(element("Attachment", "size").type, index_of(Primitive::integer64));
  EXPECT_EQ(element("Narrative", "div").type, index_of(Primitive::xhtml));
  EXPECT_EQ(type_name(element("Patient", "contained")), "Resource");
  EXPECT_EQ(type_name(element("Bundle.entry", "resource")), "Resource");
  EXPECT_EQ(type_name(element("Parameters.parameter", "resource")), "Resource");
  EXPECT_EQ(type_name(element("Procedure", "reason")), "CodeableReference");
  EXPECT_EQ(type_name(element("Timing", "repeat")), "Timing.repeat");
  EXPECT_EQ(types()[find_type("Timing.repeat")].kind, Kind::backbone);
  EXPECT_EQ(types()[find_type("Age")].kind, Kind::complex);
  EXPECT_TRUE(types()[find_type("Resource")].abstract);
}

TEST(FhirDefinitions, LeavesCompanionsAndResourceTypeToTheCode) {
  for (const auto& type : types()) {
    for (const auto& row : elements().subspan(type.first, type.count)) {
      EXPECT_NE(row.name.front(), '_') << type.name;
      if (type.kind == Kind::resource) {
        EXPECT_NE(row.name, "resourceType") << type.name;
      }
    }
  }
  // Two backbone elements do have an element of this name, and it is like any other.
  EXPECT_EQ(element("Subscription.filterBy", "resourceType").type, index_of(Primitive::uri));
  EXPECT_EQ(type_name(element("Consent.provision", "resourceType")), "Coding");
}

TEST(FhirDefinitions, ListsTheCodesOfRequiredBindings) {
  const auto status = allowed_codes(element("Observation", "status"));
  EXPECT_THAT(status, Contains("final"));
  EXPECT_THAT(status, Not(Contains("finished")));
  EXPECT_THAT(allowed_codes(element("Encounter", "status")), Not(Contains("finished")));  // a code of R4
  EXPECT_THAT(allowed_codes(element("Patient", "gender")), ElementsAre("female", "male", "other", "unknown"));
  // Nested concepts of the code system, and a value set that includes another.
  EXPECT_THAT(allowed_codes(element("OperationOutcome.issue", "code")), Contains("code-invalid"));
  EXPECT_THAT(allowed_codes(element("SearchParameter", "base")), Contains("Observation"));
}

TEST(FhirDefinitions, LeavesOpenCodesUnbound) {
  EXPECT_THAT(allowed_codes(element("Patient", "language")), IsEmpty());  // BCP 47: BindingForm::languages
  EXPECT_EQ(element("Attachment", "contentType").binding, 0);             // MIME types
  EXPECT_EQ(element("Money", "currency").binding, 0);                     // ISO 4217
  EXPECT_EQ(element("Encounter", "class").binding, 0);                    // not a code but a CodeableConcept
}

TEST(FhirDefinitions, SortsTheCodesOfEachBinding) {
  std::uint32_t next = 0;
  for (const auto& binding : bindings()) {
    EXPECT_EQ(binding.first, next) << binding.value_set;
    if (binding.form != BindingForm::languages) {
      EXPECT_GT(binding.count, 0U) << binding.value_set;
    }
    next += binding.count;
    ASSERT_LE(next, codes().size());
    const auto allowed = codes().subspan(binding.first, binding.count);
    EXPECT_EQ(std::ranges::adjacent_find(allowed, std::greater_equal<>{}), allowed.end()) << binding.value_set;
    EXPECT_EQ(binding.value_set.find('|'), std::string_view::npos);
  }
  EXPECT_EQ(next, codes().size());
}

TEST(FhirDefinitions, NamesOids) {
  EXPECT_EQ(std::ranges::adjacent_find(oids(), std::greater_equal<>{}, &OidRow::oid), oids().end());
  for (const auto& row : oids()) EXPECT_EQ(oid_name(row.oid), row.name);
  EXPECT_EQ(oid_name("2.16.840.1.113883.3.88.12.80.62"), "observation-vitalsignresult");
  EXPECT_EQ(oid_name("2.16.840.1.113883.6.96"), "example");  // SNOMED CT: a NamingSystem's uniqueId
  // The current OID of one value set and an old one of another.
  EXPECT_EQ(oid_name("2.16.840.1.113883.4.642.3.397"), "referencerange-meaning");
  EXPECT_EQ(oid_name("1.2.3"), "");
  EXPECT_EQ(oid_name(""), "");
  EXPECT_EQ(oid_name("urn:oid:2.16.840.1.113883.6.96"), "");
}

}  // namespace
}  // namespace etl::fhir
