#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "flat/column_table.hpp"
#include "flat/rows.hpp"

// The layout `dictionary`: a document is the record of a Patient, Observation or DocumentReference, with ids of what it
// refers to. Observations have some of their patient's values and the codes of the patient's conditions besides; these
// are kept by patient while the study is read, and joined when all has been read.

namespace etl::flat {

enum RecordStore : std::size_t { patients, codes_of_patients, record_stores };

/// What of a set is to be made, by FHIR type.
struct Sets {
  static constexpr std::size_t none = SIZE_MAX;
  std::size_t patient = none;
  std::size_t observation = none;
  std::size_t file = none;
};

/// Makes rows of records. `tables`: of the sets, by number; they outlive it. `personal`: as DocumentsRequest says.
[[nodiscard]] std::unique_ptr<Flattener> record_flattener(const Sets& sets,
                                                          const std::vector<std::unique_ptr<ColumnTable>>& tables,
                                                          const std::vector<std::string>& personal);

/// Makes documents of these rows. `stores` outlive it.
[[nodiscard]] std::unique_ptr<Assembler> record_assembler(const Sets& sets, const std::vector<KeyedStore>& stores,
                                                          const ProjectId& project);

}  // namespace etl::flat
