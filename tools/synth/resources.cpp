#include "resources.hpp"

namespace etl::synth {

void resource(Record& r, Type type, std::uint64_t index, Documents& documents) {
  switch (type) {
    case Type::Organization:
      return organization(r, index);
    case Type::Practitioner:
      return practitioner(r, index);
    case Type::PractitionerRole:
      return practitioner_role(r, index);
    case Type::ResearchStudy:
      return research_study(r, index);
    case Type::Substance:
      return substance(r, index);
    case Type::Medication:
      return medication(r, index);
    case Type::Patient:
      return patient(r, index);
    case Type::ResearchSubject:
      return research_subject(r, index);
    case Type::BodyStructure:
      return body_structure(r, index);
    case Type::Specimen:
      return specimen(r, index);
    case Type::Encounter:
      return encounter(r, index);
    case Type::Condition:
      return condition(r, index);
    case Type::Observation:
      return observation(r, index);
    case Type::MedicationRequest:
      return medication_request(r, index);
    case Type::MedicationAdministration:
      return medication_administration(r, index);
    case Type::MedicationStatement:
      return medication_statement(r, index);
    case Type::Procedure:
      return procedure(r, index);
    case Type::DocumentReference:
      return document_reference(r, index, documents);
    case Type::Task:
      return task(r, index);
    case Type::ImagingStudy:
      return imaging_study(r, index);
    case Type::DiagnosticReport:
      return diagnostic_report(r, index);
    case Type::FamilyMemberHistory:
      return family_member_history(r, index);
  }
}

}  // namespace etl::synth
