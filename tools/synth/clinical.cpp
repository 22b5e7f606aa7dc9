// Samples, visits, diagnoses, interventions, images and reports of one patient.

#include "resources.hpp"

namespace etl::synth {

namespace {

constexpr Code ambulatory{"http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB", "ambulatory"};
constexpr Code check_up{code_system::snomed, "185349003", "Encounter for check up (procedure)"};
constexpr Code emergency{"http://terminology.hl7.org/CodeSystem/v3-ActPriority", "EM", "emergency"};
constexpr Code active{"http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"};
constexpr Code resolved{"http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved", "Resolved"};
constexpr Code confirmed{"http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed", "Confirmed"};
constexpr Code diagnosis{"http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis",
                         "Encounter Diagnosis"};
constexpr Code severe{code_system::snomed, "24484000", "Severe"};
constexpr Code extraction{code_system::snomed, "118216001", "Procedure for specimen extraction"};
constexpr Code genetics{"http://terminology.hl7.org/CodeSystem/v2-0074", "GE", "Genetics"};
constexpr Code genetic_report{code_system::loinc, "81247-9", "Master HL7 genetic variant reporting panel"};
constexpr Code days{code_system::ucum, "d", "days"};

/// An array of one CodeableReference that refers to the patient's first diagnosis, where there is one.
void reason(Record& r, std::uint64_t owner) {
  if (const auto condition = r.world().owned(Type::Condition, owner, 0)) {
    r.raw(R"(,"reason":[{"reference":)");
    r.link(Type::Condition, *condition);
    r.raw("}]");
  }
}

void visit(Record& r, std::uint64_t owner, Random& random) {
  if (const auto encounter = r.world().any_owned(Type::Encounter, owner, random)) {
    r.reference("encounter", Type::Encounter, *encounter);
  }
}

/// How a specimen was taken: its bodySite is a CodeableReference, to a BodyStructure where the patient has one.
void collection(Record& r, std::uint64_t owner, Random& random) {
  r.raw(R"(,"collection":{"collectedDateTime":"2019-05-06","quantity":)");
  r.quantity(random.below(9000), 3, {code_system::ucum, "mL", "mL"});
  r.raw(R"(,"bodySite":{)");
  if (const auto structure = r.world().owned(Type::BodyStructure, owner, 0)) {
    r.raw(R"("reference":)");
    r.link(Type::BodyStructure, *structure);
  } else {
    r.raw(R"("concept":)");
    r.concept_of(body_sites()[random.below(body_sites().size())]);
  }
  r.raw("}}");
}

}  // namespace

void specimen(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::Specimen, index);
  const std::uint64_t owner = world.plan.patient_of(Type::Specimen, index);
  const std::uint64_t nth = index / world.plan.patients();
  r.open(Type::Specimen, index);
  r.meta_and_text(random, "http://hl7.org/fhir/StructureDefinition/Specimen", index);
  if (index % 4 == 0) {
    r.raw(
        R"(,"extension":[{"url":"https://demo.example.org/fhir/StructureDefinition/days-to-collection","valueQuantity":)");
    r.quantity(random.below(4000), 0, days);
    r.raw("}]");
  }
  if (index % 2 == 0) {
    r.identifiers(Type::Specimen, index);
  }
  r.word("status", index % 11 == 5 ? "unavailable" : "available");
  const Code& type = specimen_types()[random.below(specimen_types().size())];
  r.coded("type", type, index % 2 == 0 ? type.display : "");
  if (index % 23 == 22) {
    r.reference("subject", Type::Substance, world.any_shared(Type::Substance, random));
  } else {
    r.reference("subject", Type::Patient, owner);
  }
  r.date_time("receivedTime", some_moment(random, 2018, 2024), random);
  if (nth > 0) {  // aliquots; from the third on, pooled from two
    r.raw(R"(,"parent":[)");
    r.link(Type::Specimen, owner);
    if (nth > 1) {
      r.raw(",");
      r.link(Type::Specimen, index - world.plan.patients());
    }
    r.raw("]");
    r.word("combined", nth > 1 ? "pooled" : "grouped");
  }
  if (index % 3 != 2) {
    collection(r, owner, random);
  }
  if (index % 3 == 0) {
    r.raw(R"(,"processing":[{"description":"Extraction")");
    r.coded("method", extraction);
    r.raw(R"(,"additive":[)");
    r.link(Type::Substance, world.any_shared(Type::Substance, random));
    r.raw(",");
    r.link(Type::Substance, 0);
    r.raw("]}]");
  }
  if (index % 5 == 2) {
    r.raw(R"(,"note":[{"text":")").raw(remarks()[random.below(remarks().size())]).raw("\"}]");
  }
  r.close();
}

void encounter(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::Encounter, index);
  const std::uint64_t owner = world.plan.patient_of(Type::Encounter, index);
  r.open(Type::Encounter, index);
  r.meta_and_text(random, {}, index);
  if (index % 3 == 0) {
    r.identifiers(Type::Encounter, index);
  }
  r.word("status", "completed");
  r.coded_list("class", ambulatory);
  if (index % 6 == 2) {
    r.coded("priority", emergency);
  }
  r.coded_list("type", check_up);
  r.reference("subject", Type::Patient, owner);
  if (index >= world.plan.patients() && index % 3 == 0) {
    r.reference("partOf", Type::Encounter, owner);
  }
  if (index % 3 == 0) {
    r.reference("serviceProvider", Type::Organization, world.any_shared(Type::Organization, random));
  }
  if (index % 4 == 1) {
    r.raw(R"(,"participant":[{"actor":)");
    r.link(Type::Practitioner, world.any_shared(Type::Practitioner, random));
    r.raw("}]");
  }
  const Moment start = some_moment(random, 2010, 2024);
  r.raw(R"(,"actualPeriod":{"end":"2024-12-31T23:59:59Z")");
  r.date_time("start", start, random);
  r.raw("}");
  r.date_time("plannedStartDate", start, random);
  r.close();
}

void condition(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::Condition, index);
  const std::uint64_t owner = world.plan.patient_of(Type::Condition, index);
  const bool over = random.one_in(3);
  r.open(Type::Condition, index);
  r.meta_and_text(random, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition", index);
  if (index % 5 == 0) {
    r.identifiers(Type::Condition, index);
  }
  r.coded("clinicalStatus", over ? resolved : active);
  r.coded("verificationStatus", confirmed);
  r.coded_list("category", diagnosis);
  if (index % 5 == 3) {
    r.coded("severity", severe);
  }
  const Code& code = conditions()[random.below(conditions().size())];
  r.coded("code", code, index % 2 == 0 ? code.display : "");
  if (index % 6 == 2) {
    r.coded_list("bodySite", body_sites()[random.below(body_sites().size())]);
  }
  r.reference("subject", Type::Patient, owner);
  if (index % 4 != 3) {
    visit(r, owner, random);
  }
  if (index % 13 == 6) {
    r.word("onsetString", "in childhood");
  } else {
    r.date_time("onsetDateTime", some_moment(random, 1980, 2020), random);
  }
  if (over) {
    r.date_time("abatementDateTime", some_moment(random, 2020, 2024), random);
  }
  r.date("recordedDate", some_moment(random, 2000, 2024));
  const auto evidence = world.owned(Type::Observation, owner, 0);
  if (index % 4 == 1 && evidence) {
    r.raw(R"(,"evidence":[{"concept":{"text":"seen in the laboratory"}},{"reference":)");
    r.link(Type::Observation, *evidence);
    r.raw("}]");
  }
  r.close();
}

void procedure(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::Procedure, index);
  const std::uint64_t owner = world.plan.patient_of(Type::Procedure, index);
  r.open(Type::Procedure, index);
  r.meta_and_text(random, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-procedure", index);
  if (index % 4 == 0) {
    r.identifiers(Type::Procedure, index);
  }
  if (world.plan.nth_of(Type::Procedure, index) > 0) {
    r.reference_list("partOf", Type::Procedure, *world.owned(Type::Procedure, owner, 0));
  }
  r.word("status", "completed");
  const Code& code = procedures()[random.below(procedures().size())];
  r.coded("code", code, code.display);
  r.reference("subject", Type::Patient, owner);
  if (const auto sample = world.any_owned(Type::Specimen, owner, random)) {
    r.reference("focus", Type::Specimen, *sample);
  }
  visit(r, owner, random);
  if (index % 4 == 3) {
    r.raw(R"(,"occurrencePeriod":{"start":"2021-02-03T04:05:06Z","end":"2021-02-03T05:05:06Z"})");
  } else {
    r.date_time("occurrenceDateTime", some_moment(random, 2010, 2024), random);
  }
  r.reference("recorder", Type::Practitioner, world.any_shared(Type::Practitioner, random));
  r.raw(R"(,"reportedBoolean":true)");
  reason(r, owner);
  r.coded_list("bodySite", body_sites()[random.below(body_sites().size())]);
  const auto document = world.any_owned(Type::DocumentReference, owner, random);
  if (const auto report = world.owned(Type::DiagnosticReport, owner, 0); report && index % 3 == 1) {
    r.reference_list("report", Type::DiagnosticReport, *report);
  } else if (document) {
    r.reference_list("report", Type::DocumentReference, *document);
  }
  if (index % 3 == 0) {
    r.raw(R"(,"used":[{"reference":)");
    r.link(Type::Substance, world.any_shared(Type::Substance, random));
    r.raw("}]");
  }
  r.close();
}

void imaging_study(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::ImagingStudy, index);
  const std::uint64_t owner = world.plan.patient_of(Type::ImagingStudy, index);
  r.open(Type::ImagingStudy, index);
  r.identifiers(Type::ImagingStudy, index);
  r.word("status", "available");
  const Code& modality = modalities()[random.below(modalities().size())];
  r.coded_list("modality", modality);
  r.reference("subject", Type::Patient, owner);
  visit(r, owner, random);
  r.date_time("started", some_moment(random, 2015, 2024), random);
  if (const auto order = world.owned(Type::Task, owner, 0)) {
    r.reference_list("basedOn", Type::Task, *order);
  }
  if (const auto biopsy = world.owned(Type::Procedure, owner, 0)) {
    r.reference_list("partOf", Type::Procedure, *biopsy);
  }
  r.reference("referrer", Type::Practitioner, world.any_shared(Type::Practitioner, random));
  r.raw(R"(,"numberOfSeries":1,"numberOfInstances":)").number(1 + random.below(300));
  reason(r, owner);
  r.raw(R"(,"series":[{"uid":"1.2.840.99.)").number(index).raw(R"(","number":1)");
  r.coded("modality", modality);
  r.raw(R"(,"instance":[{"uid":"1.2.840.99.)").number(index);
  r.raw(R"(.1","sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.2"},"number":1}]}])");
  r.close();
}

void diagnostic_report(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::DiagnosticReport, index);
  const std::uint64_t owner = world.plan.patient_of(Type::DiagnosticReport, index);
  r.open(Type::DiagnosticReport, index);
  r.meta_and_text(random, {}, index);
  r.identifiers(Type::DiagnosticReport, index);
  r.word("status", "final");
  r.coded_list("category", genetics);
  r.coded("code", genetic_report, "Genetic analysis report");
  r.reference("subject", Type::Patient, owner);
  visit(r, owner, random);
  r.date_time("effectiveDateTime", some_moment(random, 2015, 2024), random);
  r.instant("issued", some_moment(random, 2015, 2024));
  r.reference_list("performer", Type::Organization, world.any_shared(Type::Organization, random));
  r.reference_list("resultsInterpreter", Type::Practitioner, world.any_shared(Type::Practitioner, random));
  if (const auto sample = world.any_owned(Type::Specimen, owner, random)) {
    r.reference_list("specimen", Type::Specimen, *sample);
  }
  r.raw(R"(,"result":[)");
  r.link(Type::Observation, owner);
  r.raw(",");
  r.link(Type::Observation, owner + world.plan.patients());
  r.raw("]");
  if (const auto images = world.owned(Type::ImagingStudy, owner, 0)) {
    r.reference_list("study", Type::ImagingStudy, *images);
  }
  r.word("conclusion", remarks()[random.below(remarks().size())]);
  r.coded_list("conclusionCode", conditions()[random.below(conditions().size())]);
  r.close();
}

}  // namespace etl::synth
