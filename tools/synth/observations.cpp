// Observations: every kind of value that simplify tells apart.

#include <iterator>

#include "resources.hpp"

namespace etl::synth {

namespace {

constexpr std::string_view category_system = "http://terminology.hl7.org/CodeSystem/observation-category";
constexpr Code laboratory{category_system, "laboratory", "Laboratory"};
constexpr Code vital{category_system, "vital-signs", "Vital Signs"};
constexpr Code social{category_system, "social-history", "Social History"};
constexpr Code survey{category_system, "survey", "Survey"};
constexpr Code smoking{code_system::loinc, "72166-2", "Tobacco smoking status"};
constexpr Code pressure{code_system::loinc, "85354-9", "Blood pressure panel with all children optional"};
constexpr Code systolic{code_system::loinc, "8480-6", "Systolic blood pressure"};
constexpr Code diastolic{code_system::loinc, "8462-4", "Diastolic blood pressure"};
constexpr Code mercury{code_system::ucum, "mm[Hg]", "mm[Hg]"};
constexpr Code note{code_system::loinc, "34109-9", "Note"};
constexpr Code score{code_system::loinc, "72172-0", "Total score [MMSE]"};
constexpr Code study_size{code_system::snomed, "224826002", "Number of participants"};
constexpr Code high{"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H", "High"};
constexpr Code unknown{"http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown", "Unknown"};

enum class ObservationKind : std::uint8_t {
  lab,
  vital_sign,
  smoking_status,
  text,
  integer,
  panel,
  boolean,
  date_time,
  period,
  range,
  time,
  ratio,
  absent,
  no_unit,
  exponent,
  about_study,
};

/// Cycled through, so that a study of a hundred observations has them all and most are measurements.
constexpr ObservationKind cycle[] = {
    ObservationKind::lab,        ObservationKind::vital_sign,  ObservationKind::smoking_status,
    ObservationKind::text,       ObservationKind::lab,         ObservationKind::panel,
    ObservationKind::integer,    ObservationKind::lab,         ObservationKind::boolean,
    ObservationKind::vital_sign, ObservationKind::lab,         ObservationKind::absent,
    ObservationKind::lab,        ObservationKind::about_study, ObservationKind::lab,
    ObservationKind::panel,      ObservationKind::vital_sign,  ObservationKind::date_time,
    ObservationKind::lab,        ObservationKind::text,        ObservationKind::period,
    ObservationKind::lab,        ObservationKind::vital_sign,  ObservationKind::range,
    ObservationKind::lab,        ObservationKind::no_unit,     ObservationKind::panel,
    ObservationKind::lab,        ObservationKind::time,        ObservationKind::lab,
    ObservationKind::vital_sign, ObservationKind::ratio,       ObservationKind::lab,
    ObservationKind::exponent,   ObservationKind::lab,         ObservationKind::smoking_status,
    ObservationKind::lab,        ObservationKind::vital_sign,  ObservationKind::panel,
    ObservationKind::lab,        ObservationKind::lab,         ObservationKind::integer,
};

void value_quantity(Record& r, const Measure& measure, Random& random) {
  r.raw(R"(,"valueQuantity":)");
  r.quantity(measure.low + random.below(measure.high - measure.low), measure.digits, measure.unit);
}

/// Code and value[x] (or components, or the reason why there is no value).
void code_and_value(Record& r, ObservationKind kind, Random& random) {
  switch (kind) {
    case ObservationKind::lab: {
      const Measure& measure = laboratory_measures()[random.below(laboratory_measures().size())];
      r.coded("code", measure.code, random.one_in(2) ? measure.code.display : "");
      value_quantity(r, measure, random);
      break;
    }
    case ObservationKind::vital_sign: {
      const Measure& measure = vital_signs()[random.below(vital_signs().size())];
      r.coded("code", measure.code);
      value_quantity(r, measure, random);
      break;
    }
    case ObservationKind::smoking_status:
      r.coded("code", smoking, "Tobacco smoking status");
      r.coded("valueCodeableConcept", smoking_states()[random.below(smoking_states().size())], "as told");
      break;
    case ObservationKind::text:
      r.coded("code", note, "Note");
      r.word("valueString", remarks()[random.below(remarks().size())]);
      break;
    case ObservationKind::integer:
      r.coded("code", score);
      r.raw(R"(,"valueInteger":)").number(random.below(31));
      break;
    case ObservationKind::panel: {
      r.coded("code", pressure, "Blood pressure");
      r.raw(R"(,"component":[{"code":)");
      r.concept_of(systolic);
      r.raw(R"(,"valueQuantity":)");
      r.quantity(90 + random.below(90), 0, mercury);
      r.raw(R"(},{"code":)");
      r.concept_of(diastolic);
      r.raw(R"(,"valueQuantity":)");
      r.quantity(50 + random.below(60), 0, mercury);
      r.raw("}]");
      break;
    }
    case ObservationKind::boolean:
      r.raw(R"(,"code":{"text":"Fasting"},"valueBoolean":)").raw(random.one_in(2) ? "true" : "false");
      break;
    case ObservationKind::date_time:
      r.raw(R"(,"code":{"text":"Last meal"})");
      r.date_time("valueDateTime", some_moment(random, 2020, 2024), random);
      break;
    case ObservationKind::period:
      r.raw(R"(,"code":{"text":"Admission"},"valuePeriod":{"start":"2021-01-02","end":"2021-01-09T10:00:00Z"})");
      break;
    case ObservationKind::range:
      r.raw(
          R"(,"code":{"text":"Estimated size"},"valueRange":{"low":{"value":0.50,"unit":"cm"},"high":{"value":1.20,"unit":"cm"}})");
      break;
    case ObservationKind::time:
      r.raw(R"(,"code":{"text":"Time of waking"},"valueTime":"06:30:00")");
      break;
    case ObservationKind::ratio:
      r.raw(R"(,"code":{"text":"Titer"},"valueRatio":{"numerator":{"value":1},"denominator":{"value":)");
      r.number(std::uint64_t{1} << (1 + random.below(9))).raw("}}");
      break;
    case ObservationKind::absent:
      r.raw(
          R"(,"code":{"coding":[{"system":"http://loinc.org","code":"8302-2"},{"code":"height","display":"Height"}]})");
      r.coded("dataAbsentReason", unknown);
      break;
    case ObservationKind::no_unit:
      r.raw(R"(,"code":{"text":"Ratio of two counts"},"valueQuantity":)");
      r.quantity(random.below(400) * 10, 4, {});  // such as 0.0190
      break;
    case ObservationKind::exponent:
      r.raw(R"(,"code":{"text":"Viral load"},"valueQuantity":{"value":)").number(1 + random.below(9));
      r.raw(R"(.50e3,"comparator":"<","unit":"copies/mL"})");
      break;
    case ObservationKind::about_study:
      r.coded("code", study_size);
      r.raw(R"(,"valueInteger":)").number(random.below(100000));
      break;
  }
}

void category(Record& r, ObservationKind kind, std::uint64_t index) {
  switch (kind) {
    case ObservationKind::lab:
      if (index % 3 != 1) {  // the others have none, and simplify calls them laboratory
        r.coded_list("category", laboratory, index % 6 == 0 ? "Laboratory" : "");
      }
      break;
    case ObservationKind::vital_sign:
    case ObservationKind::panel:
      r.coded_list("category", vital);
      break;
    case ObservationKind::smoking_status:
      r.coded_list("category", social, "Social History");
      break;
    case ObservationKind::absent:  // neither display nor code
      r.raw(R"(,"category":[{"coding":[{"system":"https://demo.example.org/unknown"}]}])");
      break;
    case ObservationKind::integer:
      r.raw(R"(,"category":[)");
      r.concept_of(survey);
      r.raw(",");
      r.concept_of(social);
      r.raw("]");
      break;
    default:
      break;
  }
}

}  // namespace

void observation(Record& r, std::uint64_t index) {
  const World& world = r.world();
  Random random = world.random(Type::Observation, index);
  const std::uint64_t owner = world.plan.patient_of(Type::Observation, index);
  const std::uint64_t patients = world.plan.patients();
  // patients differ in where their cycle starts, so that a number and its patient are not tied together
  const ObservationKind kind = cycle[(index + index / patients) % std::size(cycle)];
  const bool leaf = index >= world.plan.first_leaf(Type::Observation);

  r.open(Type::Observation, index);
  r.meta_and_text(random, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab", index);
  if (index % 16 == 0 || index % 32 == 3) {
    r.identifiers(Type::Observation, index);
  }
  if (leaf && index % 37 == 5) {
    if (const auto step = world.owned(Type::Procedure, owner, 0)) {
      r.reference_list("partOf", Type::Procedure, *step);
    }
  }
  r.word("status", "final");
  category(r, kind, index);
  r.reference("subject", Type::Patient, owner);
  if (kind == ObservationKind::about_study) {
    r.reference_list("focus", Type::ResearchStudy, 0);
  } else if (index % 17 == 9) {  // references to several types in one array
    r.raw(R"(,"focus":[)");
    r.link(Type::Patient, owner);
    if (const auto sample = world.owned(Type::Specimen, owner, 0)) {
      r.raw(",");
      r.link(Type::Specimen, *sample);
    }
    r.raw("]");
  }
  if (const auto visit = world.any_owned(Type::Encounter, owner, random); visit && index % 4 == 1) {
    r.reference("encounter", Type::Encounter, *visit);
  }
  r.date_time("effectiveDateTime", some_moment(random, 2010, 2024), random);
  if (index % 4 == 0) {
    r.instant("issued", some_moment(random, 2010, 2024));
  }
  if (kind == ObservationKind::text) {
    r.reference_list("performer", Type::Patient, owner);
  } else if (index % 8 == 0) {
    r.reference_list("performer", Type::Practitioner, world.any_shared(Type::Practitioner, random));
  }
  code_and_value(r, kind, random);
  if (kind == ObservationKind::lab && random.one_in(8)) {
    r.coded_list("interpretation", high);
    r.raw(R"(,"referenceRange":[{"low":{"value":0.10},"high":{"value":110.0},"text":"adults"}])");
  }
  if (index % 29 == 3) {
    r.coded("bodySite", body_sites()[random.below(body_sites().size())]);
    if (const auto structure = world.owned(Type::BodyStructure, owner, 0)) {
      r.reference("bodyStructure", Type::BodyStructure, *structure);
    }
  }
  if (kind == ObservationKind::lab) {
    if (const auto sample = world.any_owned(Type::Specimen, owner, random); sample && index % 3 == 0) {
      r.reference("specimen", Type::Specimen, *sample);
    }
  }
  if (leaf && kind == ObservationKind::panel && index % 3 == 0) {
    r.raw(R"(,"hasMember":[)");
    r.link(Type::Observation, owner);
    r.raw(",");
    r.link(Type::Observation, owner + patients);
    r.raw("]");
  }
  if (leaf && index % 19 == 7) {
    r.raw(R"(,"derivedFrom":[)");
    r.link(Type::Observation, owner);
    if (const auto document = world.owned(Type::DocumentReference, owner, 0)) {
      r.raw(",");
      r.link(Type::DocumentReference, *document);
    }
    r.raw("]");
  }
  r.close();
}

}  // namespace etl::synth
