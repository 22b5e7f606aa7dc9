#include "plan.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "base/error.hpp"

namespace etl::synth {

namespace {

constexpr std::uint64_t smallest = 50;
constexpr std::uint64_t largest = 10'000'000;
constexpr std::uint64_t records_per_patient = 20;

/// Of a thousand records, this many are of the type, but at least so many. Observations take what remains.
struct Share {
  Type type;
  std::uint64_t per_mille;
  std::uint64_t at_least;
};

constexpr Share shares[] = {
    {Type::BodyStructure, 5, 1},        {Type::Specimen, 80, 2},
    {Type::Encounter, 90, 2},           {Type::Condition, 120, 2},
    {Type::MedicationRequest, 15, 1},   {Type::MedicationAdministration, 20, 1},
    {Type::MedicationStatement, 10, 1}, {Type::Procedure, 30, 1},
    {Type::DocumentReference, 70, 1},   {Type::Task, 35, 1},
    {Type::ImagingStudy, 5, 1},         {Type::DiagnosticReport, 12, 1},
    {Type::FamilyMemberHistory, 8, 1},
};

}  // namespace

Plan Plan::of(const Size& size) {
  const std::uint64_t patients = size.patients ? *size.patients : size.records.value_or(0) / records_per_patient;
  const std::uint64_t records = size.records ? *size.records : std::max(smallest, patients * records_per_patient);
  if (records < smallest || records > largest) {
    throw UsageError("a study has " + std::to_string(smallest) + " to " + std::to_string(largest) + " records, not " +
                     std::to_string(records));
  }
  if (patients == 0) {
    throw UsageError("a study has at least one patient");
  }

  Plan plan;
  const auto set = [&plan](Type type, std::uint64_t count) { plan.counts_[static_cast<std::size_t>(type)] = count; };
  set(Type::Organization, std::max<std::uint64_t>(2, records / 5000));
  set(Type::Practitioner, std::max<std::uint64_t>(2, records / 2000));
  set(Type::PractitionerRole, plan.count(Type::Practitioner));
  set(Type::ResearchStudy, 2);
  set(Type::Substance, std::max<std::uint64_t>(2, std::min<std::uint64_t>(500, records / 1000)));
  set(Type::Medication, std::max<std::uint64_t>(2, std::min<std::uint64_t>(2000, records / 500)));
  set(Type::Patient, patients);
  // every patient takes part, and a few specimens do so in their own right
  set(Type::ResearchSubject, patients + std::max<std::uint64_t>(1, patients / 50));
  for (const Share& share : shares) {
    set(share.type, std::max(share.at_least, records * share.per_mille / 1000));
  }
  if (size.documents) {
    set(Type::DocumentReference, *size.documents);
  }

  const std::uint64_t others = plan.total();
  const std::uint64_t observations = std::max<std::uint64_t>(2 * patients + 1, 4);
  if (others + observations > records) {
    throw UsageError(
        "the study does not fit into " + std::to_string(records) + " records", {},
        "ask for more --records or for fewer --files; " + std::to_string(others + observations) + " would do");
  }
  set(Type::Observation, records - others);
  return plan;
}

std::uint64_t Plan::total() const noexcept { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

std::uint64_t Plan::first_leaf(Type type) const noexcept {
  switch (type) {
    case Type::Observation:
      return 2 * patients();  // the first two of each patient are results, evidence, members
    case Type::Condition:
      return patients();  // the first of each patient is a reason
    case Type::ResearchSubject:
      return 1;  // number 0 lends its id to a duplicate
    default:
      return count(type);
  }
}

}  // namespace etl::synth
