// Drugs that were asked for, given, and told of.

#include "resources.hpp"

namespace etl::synth {

namespace {

constexpr Code community{"http://terminology.hl7.org/CodeSystem/medicationrequest-admin-location", "community",
                         "Community"};

/// `medication` is a CodeableReference: a reference, or a concept, or (rarely) both.
void which_medication(Record& r, std::uint64_t index, Random& random) {
  const std::uint64_t number = r.world().any_shared(Type::Medication, random);
  const Code& code = drugs()[number % drugs().size()];
  r.raw(R"(,"medication":{)");
  if (index % 4 != 1) {
    r.raw(R"("reference":)");
    r.link(Type::Medication, number);
  }
  if (index % 4 == 1 || index % 8 == 2) {
    r.raw(index % 4 == 1 ? R"("concept":)" : R"(,"concept":)");
    r.concept_of(code, code.display);
  }
  r.raw("}");
}

void prescription_reason(Record& r, std::uint64_t owner) {
  r.raw(R"(,"reason":[{"concept":{"text":"pain"}})");
  if (const auto condition = r.world().owned(Type::Condition, owner, 0)) {
    r.raw(R"(,{"reference":)");
    r.link(Type::Condition, *condition);
    r.raw("}");
  }
  r.raw("]");
}

void prescription_visit(Record& r, std::uint64_t owner, Random& random) {
  if (const auto encounter = r.world().any_owned(Type::Encounter, owner, random)) {
    r.reference("encounter", Type::Encounter, *encounter);
  }
}

}  // namespace

void medication_request(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::MedicationRequest, index);
  const std::uint64_t owner = world.plan.patient_of(Type::MedicationRequest, index);
  r.open(Type::MedicationRequest, index);
  r.meta_and_text(random, {}, index);
  r.identifiers(Type::MedicationRequest, index);
  if (const std::uint64_t nth = world.plan.nth_of(Type::MedicationRequest, index); nth > 0) {
    r.reference_list("basedOn", Type::MedicationRequest, *world.owned(Type::MedicationRequest, owner, 0));
    r.reference("priorPrescription", Type::MedicationRequest, *world.owned(Type::MedicationRequest, owner, nth - 1));
  }
  r.raw(R"(,"status":"active","intent":"order")");
  r.coded_list("category", community, "Community");
  r.word("priority", index % 5 == 2 ? "stat" : "routine");
  which_medication(r, index, random);
  r.reference("subject", Type::Patient, owner);
  prescription_visit(r, owner, random);
  r.date_time("authoredOn", some_moment(random, 2015, 2024), random);
  r.reference("requester", Type::Practitioner, world.any_shared(Type::Practitioner, random));
  prescription_reason(r, owner);
  r.raw(
       R"(,"renderedDosageInstruction":"1 \u00d7 daily","dosageInstruction":[{"sequence":1,"text":"one a day","asNeeded":false,)")
      .raw(R"("doseAndRate":[{"doseQuantity":{"value":1.0,"unit":"tablet"}}]}])");
  r.close();
}

void medication_administration(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::MedicationAdministration, index);
  const std::uint64_t owner = world.plan.patient_of(Type::MedicationAdministration, index);
  r.open(Type::MedicationAdministration, index);
  r.meta_and_text(random, {}, index);
  r.identifiers(Type::MedicationAdministration, index);
  if (const auto step = world.owned(Type::Procedure, owner, 0)) {
    r.reference_list("partOf", Type::Procedure, *step);
  }
  r.word("status", "completed");
  which_medication(r, index, random);
  r.reference("subject", Type::Patient, owner);
  prescription_visit(r, owner, random);
  r.date_time("occurenceDateTime", some_moment(random, 2015, 2024), random);  // spelt so in R5
  r.raw(R"(,"isSubPotent":false)");
  prescription_reason(r, owner);
  if (const auto request = world.owned(Type::MedicationRequest, owner, 0)) {
    r.reference("request", Type::MedicationRequest, *request);
  }
  r.raw(R"(,"dosage":{"text":"intravenous","dose":{"value":)").number(5 + random.below(200));
  r.raw(R"(.250,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}})");
  r.close();
}

void medication_statement(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::MedicationStatement, index);
  const std::uint64_t owner = world.plan.patient_of(Type::MedicationStatement, index);
  r.open(Type::MedicationStatement, index);
  r.meta_and_text(random, {}, index);
  r.identifiers(Type::MedicationStatement, index);
  r.word("status", "recorded");
  which_medication(r, index, random);
  r.reference("subject", Type::Patient, owner);
  prescription_visit(r, owner, random);
  r.date_time("effectiveDateTime", some_moment(random, 2015, 2024), random);
  r.date("dateAsserted", some_moment(random, 2020, 2024));
  r.raw(R"(,"informationSource":[)");
  r.link(Type::Patient, owner);
  r.raw(",");
  r.link(Type::Practitioner, world.any_shared(Type::Practitioner, random));
  r.raw("]");
  if (const auto request = world.owned(Type::MedicationRequest, owner, 0)) {
    r.reference_list("derivedFrom", Type::MedicationRequest, *request);
  }
  prescription_reason(r, owner);
  r.raw(R"(,"note":[{"text":")").raw(remarks()[random.below(remarks().size())]).raw("\"}]");
  r.close();
}

}  // namespace etl::synth
