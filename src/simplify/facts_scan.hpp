#pragma once

#include <vector>

#include "fhir/study_files.hpp"

namespace etl::simplify {

/// May the records of these files depend on the study as a whole (StudyFacts)? Looks at the bytes alone, for
/// `"DELETE"` and for references that begin with `http`: much faster than reading them, and sometimes yes in vain.
/// Files that cannot be read say nothing.
[[nodiscard]] bool may_need_facts(const std::vector<fhir::StudyFile>& files);

/// May these files delete resources? As may_need_facts(), for `"DELETE"` alone.
[[nodiscard]] bool may_delete(const std::vector<fhir::StudyFile>& files);

/// Can all of the files be read a second time? Standard input and pipes cannot.
[[nodiscard]] bool are_repeatable(const std::vector<fhir::StudyFile>& files);

}  // namespace etl::simplify
