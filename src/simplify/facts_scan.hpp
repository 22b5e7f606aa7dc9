#pragma once

#include <vector>

#include "fhir/study_files.hpp"

namespace etl::simplify {

/// May the records of these files depend on the study as a whole (StudyFacts)? Looks at the bytes alone, for
/// `"DELETE"` and for references that begin with `http`: much faster than reading them, and sometimes yes in vain.
/// Files that cannot be read say nothing.
[[nodiscard]] bool may_need_facts(const std::vector<fhir::StudyFile>& files);

}  // namespace etl::simplify
