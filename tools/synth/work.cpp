// Files and the tasks that made them.

#include "resources.hpp"

namespace etl::synth {

namespace {

constexpr Code sequencing{code_system::loinc, "86206-0", "Whole genome sequence analysis"};
constexpr Code sensitive{"http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "R", "restricted"};
constexpr Code fulfil{"http://hl7.org/fhir/CodeSystem/task-code", "fulfill", "Fulfill the focal request"};

/// What the file is about: mostly the patient, else a specimen, an observation, the study.
void about(Record& r, std::uint64_t index, std::uint64_t owner, Random& random) {
  const World& world = r.world();
  if (const auto sample = world.any_owned(Type::Specimen, owner, random); sample && index % 4 == 1) {
    r.reference("subject", Type::Specimen, *sample);
  } else if (index % 16 == 2) {
    r.reference("subject", Type::ResearchStudy, 0);
  } else if (index % 16 == 6) {
    r.reference("subject", Type::Observation, owner);
  } else {
    r.reference("subject", Type::Patient, owner);
  }
}

/// One input or output of a task.
void parameter(Record& r, Type type, std::uint64_t index) {
  r.raw(R"({"type":{"coding":[{"system":"https://demo.example.org/parameter","code":")")
      .raw(name_of(type))
      .raw("\"}]}");
  r.reference("valueReference", type, index);
  r.raw("}");
}

}  // namespace

void document_reference(Record& r, std::uint64_t index, Documents& documents) {
  const World& world = r.world();
  Random random = world.random(Type::DocumentReference, index);
  const std::uint64_t owner = world.plan.patient_of(Type::DocumentReference, index);
  const Document document = documents.make(index);
  r.open(Type::DocumentReference, index);
  r.identifiers(Type::DocumentReference, index);
  r.raw(R"(,"version":"1","status":"current","docStatus":"final")");
  if (index % 6 == 0) {
    r.coded("type", sequencing, "Sequence");
    r.coded_list("category", sequencing);
  }
  about(r, index, owner, random);
  if (const auto visit = world.any_owned(Type::Encounter, owner, random); visit && index % 3 == 1) {
    r.reference_list("context", Type::Encounter, *visit);
  }
  if (const auto structure = world.owned(Type::BodyStructure, owner, 0)) {
    r.raw(R"(,"bodySite":[{"reference":)");
    r.link(Type::BodyStructure, *structure);
    r.raw("}]");
  }
  const Moment made = some_moment(random, 2018, 2024);
  r.instant("date", made);
  if (index % 4 == 0) {
    r.reference_list("author", Type::Practitioner, world.any_shared(Type::Practitioner, random));
    r.reference("custodian", Type::Organization, world.any_shared(Type::Organization, random));
  }
  if (index % 5 == 1) {
    r.coded_list("securityLabel", sensitive);
  }
  r.raw(
       R"(,"content":[{"attachment":{"extension":[{"url":"http://aced-idp.org/fhir/StructureDefinition/md5","valueString":")")
      .raw(document.md5);
  r.raw(R"("},{"url":"http://aced-idp.org/fhir/StructureDefinition/source_path","valueUrl":"file:///output/)")
      .raw(document.path);
  r.raw(R"("}],"contentType":")").raw(document.media_type);
  r.raw(index % 8 == 7 ? R"(","url":"./output/)" : R"(","url":"file:///output/)").raw(document.path);
  r.raw(R"(","size":)");  // integer64: a JSON string in R5, a number in much data
  if (index % 4 == 3) {
    r.raw("\"").number(document.bytes).raw("\"");
  } else {
    r.number(document.bytes);
  }
  r.word("title", document.title);
  r.date_time("creation", made, random);
  r.raw("}}]");
  r.close();
}

void task(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::Task, index);
  const std::uint64_t owner = world.plan.patient_of(Type::Task, index);
  const std::uint64_t nth = world.plan.nth_of(Type::Task, index);
  r.open(Type::Task, index);
  r.meta_and_text(random, {}, index);
  if (index % 3 == 0) {
    r.identifiers(Type::Task, index);
  }
  if (const auto request = world.owned(Type::MedicationRequest, owner, 0); request && index % 3 == 0) {
    r.reference_list("basedOn", Type::MedicationRequest, *request);
  }
  if (nth > 0) {
    r.reference_list("partOf", Type::Task, *world.owned(Type::Task, owner, 0));
  }
  r.raw(R"(,"status":"completed","intent":"order","priority":"routine")");
  if (index % 4 == 0) {
    r.coded("code", fulfil);
  }
  const auto sample = world.any_owned(Type::Specimen, owner, random);
  if (sample) {
    r.reference("focus", Type::Specimen, *sample);
  }
  r.reference("for", Type::Patient, owner);
  if (const auto visit = world.any_owned(Type::Encounter, owner, random); visit && index % 3 == 1) {
    r.reference("encounter", Type::Encounter, *visit);
  }
  r.date_time("authoredOn", some_moment(random, 2018, 2024), random);
  if (index % 6 == 4) {
    r.reference("requester", Type::Patient, owner);
  }
  if (index % 2 == 0) {  // another link to the same class as `for`
    r.reference("owner", Type::Patient, owner);
  } else {
    r.reference("owner", Type::Practitioner, world.any_shared(Type::Practitioner, random));
  }
  if (index % 8 == 1) {
    r.raw(R"(,"reason":[{"concept":{"text":"to find out"}}])");
  }

  const auto document = world.any_owned(Type::DocumentReference, owner, random);
  if (sample) {
    r.raw(R"(,"input":[)");
    parameter(r, Type::Specimen, *sample);
    if (*sample != owner) {
      r.raw(",");
      parameter(r, Type::Specimen, owner);
    }
    if (nth > 0 && document) {
      r.raw(",");
      parameter(r, Type::DocumentReference, *document);
    }
    r.raw(R"(,{"type":{"text":"depth"},"valueInteger":30}])");
  }
  if (document) {
    r.raw(R"(,"output":[)");
    parameter(r, Type::DocumentReference, *document);
    if (const auto other = world.owned(Type::DocumentReference, owner, 0); other && *other != *document) {
      r.raw(",");
      parameter(r, Type::DocumentReference, *other);
    }
    if (sample && index % 7 == 3) {
      r.raw(",");
      parameter(r, Type::Specimen, *sample);
    }
    r.raw("]");
  }
  r.close();
}

}  // namespace etl::synth
