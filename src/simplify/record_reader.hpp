#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "simplify/block_processor.hpp"

namespace etl::simplify {

/// Does the study hold records that were simplified earlier? Told by the first value of its first file that has one.
[[nodiscard]] bool holds_records(const std::vector<fhir::StudyFile>& files);

/// Reads simplified records back: one a line, `{"id", "name", "relations": [{"dst_id", "dst_name"}…], "object": {…}}`.
/// Of a relation only its two ends are known; Relation::keys are the object's keys that hold it.
[[nodiscard]] std::unique_ptr<BlockWorker> make_record_worker(const WorkerOptions& options,
                                                              const std::vector<fhir::StudyFile>& files,
                                                              fhir::IdIndex* index);

}  // namespace etl::simplify
