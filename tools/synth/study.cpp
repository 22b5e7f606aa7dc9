// What the whole study shares: organizations, people who work in them, the study itself, materials and drugs.

#include "resources.hpp"

namespace etl::synth {

namespace {

constexpr Code provider{"http://terminology.hl7.org/CodeSystem/organization-type", "prov", "Healthcare Provider"};
constexpr Code researcher{"http://terminology.hl7.org/CodeSystem/practitioner-role", "researcher", "Researcher"};
constexpr Code oncology{code_system::snomed, "394593009", "Medical oncology"};
constexpr Code principal_investigator{"http://hl7.org/fhir/research-study-party-role", "primary-investigator",
                                      "primary-investigator"};
constexpr Code treatment{"http://terminology.hl7.org/CodeSystem/research-study-prim-purp-type", "treatment",
                         "Treatment"};
constexpr Code phase_2{"http://terminology.hl7.org/CodeSystem/research-study-phase", "phase-2", "Phase 2"};
constexpr Code tablet{code_system::snomed, "385055001", "Tablet"};
constexpr Code chemical{"http://terminology.hl7.org/CodeSystem/substance-category", "chemical", "Chemical"};
constexpr Code milligram{code_system::ucum, "mg", "mg"};

void address(Record& r, const Place& place) {
  r.raw(R"({"use":"work","line":["1 Research Way"],"city":")").raw(place.city).raw(R"(","state":")").raw(place.state);
  r.raw(R"(","postalCode":")").raw(place.postal_code).raw(R"(","country":"US"})");
}

}  // namespace

void organization(Record& r, std::uint64_t index) {
  Random random = r.world().random(Type::Organization, index);
  const Place& place = places()[index % places().size()];
  r.open(Type::Organization, index);
  r.meta_and_text(random, {}, index);
  r.identifiers(Type::Organization, index);
  r.raw(R"(,"active":true)");
  r.coded_list("type", provider, "Hospital");
  r.raw(R"(,"name":")").raw(place.city).raw(" Hospital ").number(index).raw("\"");
  r.raw(R"(,"alias":["H-)").number(index).raw(R"(","Children\u2019s"])");
  r.raw(R"(,"contact":[{"address":)");
  address(r, place);
  r.raw("}]");
  if (index != 0) {
    r.reference("partOf", Type::Organization, (index - 1) / 4);
  }
  r.close();
}

void practitioner(Record& r, std::uint64_t index) {
  Random random = r.world().random(Type::Practitioner, index);
  r.open(Type::Practitioner, index);
  r.identifiers(Type::Practitioner, index);
  r.raw(R"(,"active":true,"name":[{"use":"official","family":")")
      .raw(family_names()[random.below(family_names().size())]);
  r.raw(R"(","given":[")").raw(given_names()[random.below(given_names().size())]).raw(R"("],"prefix":["Dr."]}])");
  r.raw(R"(,"telecom":[{"system":"email","value":"p)").number(index).raw(R"(@example.org","use":"work"}])");
  r.word("gender", index % 2 == 0 ? "female" : "male");
  r.raw(R"(,"address":[)");
  address(r, places()[random.below(places().size())]);
  r.raw("]");
  r.close();
}

void practitioner_role(Record& r, std::uint64_t index) {
  Random random = r.world().random(Type::PractitionerRole, index);
  r.open(Type::PractitionerRole, index);
  r.identifiers(Type::PractitionerRole, index);
  r.raw(R"(,"active":true)");
  r.reference("practitioner", Type::Practitioner, index);
  r.reference("organization", Type::Organization, r.world().any_shared(Type::Organization, random));
  r.coded_list("code", researcher, "Principal Investigator");
  r.coded_list("specialty", oncology);
  r.close();
}

void research_study(Record& r, std::uint64_t index) {
  Random random = r.world().random(Type::ResearchStudy, index);
  r.open(Type::ResearchStudy, index);
  r.meta_and_text(random, "http://hl7.org/fhir/StructureDefinition/ResearchStudy", index);
  r.raw(R"(,"url":"https://demo.example.org/studies/)").raw(r.world().study).raw("/").number(index).raw("\"");
  r.raw(R"(,"identifier":[{"use":"official","system":"https://demo.example.org/synth-)").raw(r.world().study);
  r.raw(R"(","value":")").raw(r.world().study).raw(index == 0 ? "" : "-arm").raw("\"}]");
  r.raw(R"(,"version":"1.0","name":")").raw(r.world().study).raw("_").number(index);
  r.raw(R"(","title":"Synthetic study \u201c)").raw(r.world().study).raw(R"(\u201d")");
  if (index != 0) {
    r.reference_list("partOf", Type::ResearchStudy, 0);
  }
  r.raw(R"(,"label":[{"type":{"text":"short"},"value":")").raw(r.world().study).raw("\"}]");
  r.raw(R"(,"date":"2020","status":"active")");
  r.coded("primaryPurposeType", treatment);
  r.coded("phase", phase_2);
  r.raw(R"(,"focus":[{"reference":)");
  r.link(Type::Medication, index % r.world().plan.count(Type::Medication));
  r.raw(R"(},{"concept":{"text":"Supportive care"}}])");
  r.raw(R"(,"condition":[)");
  r.concept_of(conditions()[0]);
  r.raw(",");
  r.concept_of(conditions()[1], "Cancer");
  r.raw(R"(],"keyword":[{"coding":[{"code":"synthetic"}]},{"text":"no coding"}])");
  r.raw(R"(,"description":"Nobody in this study ever lived.\nMade by aced-synth.")");
  r.raw(R"(,"period":{"start":"2020-01-01","end":"2024-12-31"})");
  r.raw(R"(,"site":[)");
  r.link(Type::Organization, 0);
  r.raw(",");
  r.link(Type::Organization, 1);
  r.raw("]");
  r.raw(R"(,"associatedParty":[{"name":"Principal investigator","role":)");
  r.concept_of(principal_investigator, "primary-investigator");
  r.reference("party", Type::PractitionerRole, index % r.world().plan.count(Type::PractitionerRole));
  r.raw("}]");
  r.close();
}

void substance(Record& r, std::uint64_t index) {
  Random random = r.world().random(Type::Substance, index);
  const Code& code = substances()[index % substances().size()];
  r.open(Type::Substance, index);
  r.identifiers(Type::Substance, index);
  r.raw(R"(,"instance":true,"status":"active")");
  r.coded_list("category", chemical);
  r.raw(R"(,"code":{"concept":)");
  r.concept_of(code, code.display);
  r.raw("}");
  r.word("description", remarks()[random.below(remarks().size())]);
  r.date("expiry", some_moment(random, 2025, 2030));
  r.raw(R"(,"quantity":)");
  r.quantity(500 + random.below(1000), 2, milligram);
  r.close();
}

void medication(Record& r, std::uint64_t index) {
  Random random = r.world().random(Type::Medication, index);
  const Code& code = drugs()[index % drugs().size()];
  r.open(Type::Medication, index);
  r.identifiers(Type::Medication, index);
  r.coded("code", code, code.display);
  r.word("status", "active");
  r.reference("marketingAuthorizationHolder", Type::Organization, r.world().any_shared(Type::Organization, random));
  r.coded("doseForm", tablet);
  r.raw(R"(,"totalVolume":)");
  r.quantity(10 * (1 + random.below(90)), 2, milligram);
  r.raw(R"(,"ingredient":[{"item":{)");
  if (index % 2 == 0) {  // a CodeableReference: the resource, or the concept
    r.raw(R"("reference":)");
    r.link(Type::Substance, index % r.world().plan.count(Type::Substance));
  } else {
    r.raw(R"("concept":)");
    r.concept_of(substances()[index % substances().size()]);
  }
  r.raw(R"(},"isActive":true}],"batch":{"lotNumber":"L)").number(index).raw(R"(","expirationDate":"2027-06"})");
  r.close();
}

}  // namespace etl::synth
