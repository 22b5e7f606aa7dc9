#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/project_id.hpp"
#include "fhir/model.hpp"
#include "flat/documents.hpp"
#include "flat/rows.hpp"

// The layout `dataframe`: a row for each ResearchSubject, Specimen, DocumentReference, MedicationAdministration and
// member of a Group. What is folded into the rows (subjects, observations, conditions) is kept by its key while the
// study is read, and joined when all has been read.

namespace etl::flat {

enum RowStore : std::size_t { subjects, observations, conditions, row_stores };

/// The types of resources that rows are usually about: their columns are always kept for the join. Those of other types
/// (a file may be about an Observation) are kept when a row is about one.
inline constexpr std::array<std::string_view, 12> usual_subjects{
    "Patient",   "Specimen", "Group",        "ResearchStudy", "Device",           "Medication",
    "Substance", "Location", "Organization", "Practitioner",  "PractitionerRole", "BiologicallyDerivedProduct"};

/// A number for each type of resource.
class ResourceTypes {
 public:
  static const ResourceTypes& get() {
    static const ResourceTypes types;
    return types;
  }
  [[nodiscard]] std::size_t size() const noexcept { return types_.size(); }
  /// size() for what is no type of resource.
  [[nodiscard]] std::size_t number(std::string_view name) const {
    const fhir::Type* const type = fhir::Model::r5().resource(name);
    return type == nullptr ? size() : numbers_[type->index];
  }
  [[nodiscard]] bool is_usual(std::size_t number) const { return usual_[number]; }

 private:
  ResourceTypes() {
    numbers_.resize(fhir::Model::r5().types().size());
    for (const fhir::Type& type : fhir::Model::r5().types()) {
      if (type.kind != fhir::Kind::resource || type.abstract) continue;
      numbers_[type.index] = types_.size();
      types_.push_back(&type);
      usual_.push_back(std::ranges::find(usual_subjects, type.name) != usual_subjects.end());
    }
  }
  std::vector<const fhir::Type*> types_;
  std::vector<std::size_t> numbers_;  ///< by Type::index
  std::vector<bool> usual_;
};

/// Which types' columns the joins need, learned while the study is read, and which were passed over before that.
struct Wanted {
  Wanted() : types(ResourceTypes::get().size()), passed_over(types.size()) {}
  std::vector<std::atomic<bool>> types;
  std::vector<std::atomic<bool>> passed_over;
};

/// The types whose rows have observations folded in, by what the observation is focused on.
struct Focus {
  std::string_view type;
  std::string_view row;
};
inline constexpr std::array<Focus, 3> focuses{
    {{"Patient", "research_subject"}, {"Specimen", "specimen"}, {"DocumentReference", "document_reference"}}};

inline constexpr std::size_t row_types = 5;

// The groups of column names (BlockRows::names).
inline constexpr std::size_t own_names = 0;                           ///< + place in document_types()
inline constexpr std::size_t row_subjects = own_names + row_types;    ///< + place in document_types(): types
inline constexpr std::size_t focus_names = row_subjects + row_types;  ///< + place in focuses
inline constexpr std::size_t condition_names = focus_names + focuses.size();
inline constexpr std::size_t subject_names = condition_names + 1;   ///< + 2 * number of the type
inline constexpr std::size_t subject_subjects = subject_names + 1;  ///< + 2 * number of the type: types
inline std::size_t name_group_count() { return subject_names + 2 * ResourceTypes::get().size(); }

/// The sets of the request, by place in document_types(); SIZE_MAX: not wanted.
using SetNumbers = std::array<std::size_t, row_types>;
inline constexpr std::size_t not_wanted = SIZE_MAX;
enum Place : std::size_t { research_subject, specimen, document_reference, medication_administration, group_member };

/// The place of the rows that a resource of this type gives.
inline std::size_t row_place(std::string_view type) {
  static constexpr std::array<std::string_view, row_types> types{"ResearchSubject", "Specimen", "DocumentReference",
                                                                 "MedicationAdministration", "Group"};
  return static_cast<std::size_t>(std::ranges::find(types, type) - types.begin());
}

/// Makes rows of resources. What it refers to outlives it.
[[nodiscard]] std::unique_ptr<Flattener> resource_flattener(const SetNumbers& sets, const DocumentsRequest& request,
                                                            Wanted& wanted);

/// Makes documents of these rows. `types`: of the sets, by number. `types` and `stores` outlive it.
[[nodiscard]] std::unique_ptr<Assembler> row_assembler(const SetNumbers& sets, const std::vector<std::string>& types,
                                                       const std::vector<KeyedStore>& stores, const ProjectId& project);

}  // namespace etl::flat
