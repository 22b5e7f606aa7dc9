// Patients and what is said about them as persons.

#include "resources.hpp"

namespace etl::synth {

namespace {

constexpr Code not_hispanic{code_system::omb, "2186-5", "Not Hispanic or Latino"};
constexpr Code hispanic{code_system::omb, "2135-2", "Hispanic or Latino"};
constexpr Code married{"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "M", "Married"};
constexpr Code gender_identity{code_system::snomed, "446151000124109", "Identifies as male gender (finding)"};
constexpr Code irish{code_system::omb, "2113-9", "Irish"};
constexpr Code year{code_system::ucum, "a", "years"};

/// A nested US Core extension: a category with a code, perhaps a detail, and a text.
void us_core(Record& r, std::string_view name, const Code& category, const Code* detail) {
  r.raw(R"({"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-)").raw(name);
  r.raw(R"(","extension":[{"url":"ombCategory","valueCoding":)");
  r.coding(category);
  if (detail != nullptr) {
    r.raw(R"(},{"url":"detailed","valueCoding":)");
    r.coding(*detail);
  }
  r.raw(R"(},{"url":"text","valueString":")").raw(category.display).raw(R"("}]})");
}

void extensions(Record& r, std::uint64_t index, bool female, Random& random) {
  r.raw(R"(,"extension":[)");
  us_core(r, "race", races()[random.below(races().size())], index % 9 == 4 ? &irish : nullptr);
  r.raw(",");
  us_core(r, "ethnicity", random.one_in(5) ? hispanic : not_hispanic, nullptr);
  r.raw(R"(,{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueCode":")")
      .raw(female ? "F" : "M")
      .raw("\"}");
  if (index % 3 == 0) {
    const Place& place = places()[random.below(places().size())];
    r.raw(R"(,{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"city":")")
        .raw(place.city);
    r.raw(R"(","state":")").raw(place.state).raw(R"(","country":"US"}})");
  }
  if (index % 4 == 0) {  // a Quantity and, sometimes, one without a unit
    r.raw(R"(,{"url":"https://demo.example.org/fhir/StructureDefinition/age-at-enrollment","valueAge":)");
    r.quantity(200 + random.below(600), 1, index % 8 == 0 ? year : Code{});
    r.raw("}");
  }
  if (index % 5 == 1) {
    r.raw(R"(,{"url":"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName","valueString":")");
    r.raw(family_names()[random.below(family_names().size())]).raw("\"}");
    r.raw(R"(,{"url":"http://synthetichealth.github.io/synthea/quality-adjusted-life-years","valueDecimal":)");
    r.decimal(random.next() % 70'000'000'000'000'000, 15);
    r.raw("}");
  }
  if (index % 7 == 2) {
    r.raw(
        R"(,{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-genderIdentity","valueCodeableConcept":)");
    r.concept_of(gender_identity, "male");
    r.raw("}");
  }
  r.raw("]");
}

}  // namespace

void patient(Record& r, std::uint64_t index) {
  Random random = r.world().random(Type::Patient, index);
  const bool female = random.one_in(2);
  r.open(Type::Patient, index);
  r.meta_and_text(random, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient", index);
  extensions(r, index, female, random);
  r.identifiers(Type::Patient, index);
  r.raw(R"(,"active":true,"name":[{"use":"official","family":")")
      .raw(family_names()[random.below(family_names().size())]);
  r.raw(R"(","given":[")").raw(given_names()[random.below(given_names().size())]).raw(R"(","X."]}])");
  r.word("gender", female ? "female" : "male");
  r.date("birthDate", some_moment(random, 1930, 2000));
  switch (index % 6) {
    case 1:
      r.raw(R"(,"deceasedBoolean":false)");
      break;
    case 3:
      r.date_time("deceasedDateTime", some_moment(random, 2015, 2024), random);
      break;
    default:
      break;
  }
  const Place& place = places()[random.below(places().size())];
  r.raw(R"(,"address":[{"use":"home","line":["12 Elm St","Apt \"3\""],"city":")")
      .raw(place.city)
      .raw(R"(","state":")")
      .raw(place.state);
  r.raw(R"(","postalCode":")").raw(place.postal_code).raw("\"}");
  r.raw(index % 4 == 1 ? R"(,{"use":"old","city":"Nowhere"}])" : "]");
  if (index % 4 == 2) {
    r.coded("maritalStatus", married, "Married");
  }
  if (index % 10 == 7) {
    r.raw(R"(,"multipleBirthInteger":2)");
  }
  if (index % 8 == 5) {
    r.raw(
        R"(,"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"en-US","display":"English"}]}}])");
  }
  if (index % 2 == 0) {
    r.reference_list("generalPractitioner", Type::Practitioner, r.world().any_shared(Type::Practitioner, random));
  }
  r.reference("managingOrganization", Type::Organization, r.world().any_shared(Type::Organization, random));
  r.close();
}

void research_subject(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::ResearchSubject, index);
  r.open(Type::ResearchSubject, index);
  r.meta_and_text(random, {}, index);
  r.identifiers(Type::ResearchSubject, index);
  r.word("status", "active");
  if (index % 4 == 2) {
    r.raw(
         R"(,"progress":[{"subjectState":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/research-subject-state",)")
        .raw(R"("code":"on-study","display":"On-study"}]}}])");
  }
  r.raw(R"(,"period":{"start":"2020-)").raw(index % 2 == 0 ? "03" : "11").raw("-01\"}");
  r.reference("study", Type::ResearchStudy, index % 5 == 4 ? 1 : 0);
  if (index < world.plan.patients()) {
    r.reference("subject", Type::Patient, index);
  } else {
    r.reference("subject", Type::Specimen, index - world.plan.patients());
  }
  r.word("assignedComparisonGroup", index % 2 == 0 ? "arm-a" : "arm-b");
  r.close();
}

void body_structure(Record& r, std::uint64_t index) {
  Random random = r.world().random(Type::BodyStructure, index);
  r.open(Type::BodyStructure, index);
  r.identifiers(Type::BodyStructure, index);
  r.raw(R"(,"active":true)");
  r.coded("morphology", {code_system::snomed, "108369006", "Neoplasm"});
  r.raw(R"(,"includedStructure":[{"structure":)");
  r.concept_of(body_sites()[random.below(body_sites().size())]);
  r.coded("laterality", {code_system::snomed, "7771000", "Left"});
  r.raw("}]");
  r.word("description", remarks()[random.below(remarks().size())]);
  r.reference("patient", Type::Patient, r.world().plan.patient_of(Type::BodyStructure, index));
  r.close();
}

void family_member_history(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::FamilyMemberHistory, index);
  const std::uint64_t owner = world.plan.patient_of(Type::FamilyMemberHistory, index);
  r.open(Type::FamilyMemberHistory, index);
  r.meta_and_text(random, {}, index);
  r.identifiers(Type::FamilyMemberHistory, index);
  r.raw(R"(,"instantiatesUri":["https://demo.example.org/forms/family","urn:oid:1.2.3"],"status":"completed")");
  r.reference("patient", Type::Patient, owner);
  r.date_time("date", some_moment(random, 2018, 2024), random);
  r.word("name", family_names()[random.below(family_names().size())]);
  r.coded("relationship", relatives()[random.below(relatives().size())], "relative");
  r.coded("sex", {"http://hl7.org/fhir/administrative-gender", "female", "Female"});
  r.raw(index % 2 == 0 ? R"(,"bornString":"about 1950")" : R"(,"bornDate":"1951")");
  r.raw(index % 3 == 0 ? R"(,"deceasedBoolean":true)" : R"(,"ageString":"in her seventies","estimatedAge":true)");
  if (const auto reason = world.owned(Type::Condition, owner, 0)) {
    r.raw(R"(,"reason":[{"reference":)");
    r.link(Type::Condition, *reason);
    r.raw("}]");
  }
  r.raw(R"(,"condition":[{"code":)");
  r.concept_of(conditions()[random.below(conditions().size())]);
  r.raw(R"(,"contributedToDeath":false,"onsetAge":)");
  r.quantity(30 + random.below(50), 0, year);
  r.raw("}]");
  r.close();
}

}  // namespace etl::synth
