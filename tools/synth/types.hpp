#pragma once

// The FHIR types of a synthetic study, in the order in which they are written.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace etl::synth {

enum class Type : std::uint8_t {
  // shared by the whole study
  Organization,
  Practitioner,
  PractitionerRole,
  ResearchStudy,
  Substance,
  Medication,
  // each belongs to one patient
  Patient,
  ResearchSubject,
  BodyStructure,
  Specimen,
  Encounter,
  Condition,
  Observation,
  MedicationRequest,
  MedicationAdministration,
  MedicationStatement,
  Procedure,
  DocumentReference,
  Task,
  ImagingStudy,
  DiagnosticReport,
  FamilyMemberHistory,
};

inline constexpr std::size_t type_count = 22;

inline constexpr std::array<std::string_view, type_count> type_names = {"Organization",
                                                                        "Practitioner",
                                                                        "PractitionerRole",
                                                                        "ResearchStudy",
                                                                        "Substance",
                                                                        "Medication",
                                                                        "Patient",
                                                                        "ResearchSubject",
                                                                        "BodyStructure",
                                                                        "Specimen",
                                                                        "Encounter",
                                                                        "Condition",
                                                                        "Observation",
                                                                        "MedicationRequest",
                                                                        "MedicationAdministration",
                                                                        "MedicationStatement",
                                                                        "Procedure",
                                                                        "DocumentReference",
                                                                        "Task",
                                                                        "ImagingStudy",
                                                                        "DiagnosticReport",
                                                                        "FamilyMemberHistory"};

[[nodiscard]] constexpr std::string_view name_of(Type type) noexcept {
  return type_names[static_cast<std::size_t>(type)];
}

/// Whether each record of this type belongs to a patient.
[[nodiscard]] constexpr bool belongs_to_patient(Type type) noexcept { return type >= Type::Patient; }

/// Records of this type come to a patient in so many at a time: types that are rarer than patients would otherwise
/// never have two for the same one, and no record to be a part of.
[[nodiscard]] constexpr std::uint64_t at_a_time(Type type) noexcept {
  return type == Type::MedicationRequest || type == Type::Procedure || type == Type::Task ? 2 : 1;
}

}  // namespace etl::synth
