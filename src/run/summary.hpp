#pragma once

#include <string>
#include <vector>

#include "run/report.hpp"

namespace etl::run {

/// Studies whose same step failed for the same reason, apart from their own names in it.
struct Cause {
  std::string_view step;
  ExitCode exit = ExitCode::done;
  std::string reason;  ///< as the first of the studies had it
  std::string advice;
  std::vector<std::string> studies;
};

/// Every reason for which steps failed, once, in the order in which they came up.
[[nodiscard]] std::vector<Cause> causes_of(const std::vector<StudyReport>& studies);

/// What tells one cause from another: the step, the exit code and the reason without the names of the study and its
/// project. Invalid input, and items that failed, are causes of their study alone.
[[nodiscard]] std::string cause_key(const StudyReport& study, std::string_view step, const StepReport& report);

/// The last line of a run: how many studies changed, were unchanged, failed or were not finished, and what the steps
/// counted. A dry run says what would be done, and of how many studies that is not known yet.
[[nodiscard]] std::string summary(const std::vector<StudyReport>& studies, bool dry_run);

}  // namespace etl::run
