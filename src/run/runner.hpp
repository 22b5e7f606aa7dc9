#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "run/step.hpp"

namespace etl::run {

struct RunOptions {
  bool dry_run = false;
  unsigned tries = 3;                           ///< of a step whose service went away
  std::chrono::milliseconds first_wait{5'000};  ///< before the second try; three times as long before each further one
};

/// Takes each study through the steps, one after another: a step that fails ends its study, and no other. A stop ends
/// the run at the next point from where a later run can go on; what was not reached says so. Nothing is thrown: what
/// goes wrong stands in the reports, one a study, in the order of the studies.
[[nodiscard]] std::vector<StudyReport> run(const std::vector<config::StudyEntry>& studies,
                                           const std::vector<std::unique_ptr<Step>>& steps, RunContext& context,
                                           const RunOptions& options);

}  // namespace etl::run
