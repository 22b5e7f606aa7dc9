#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "run/run_context.hpp"
#include "run/step.hpp"

namespace etl::run {

/// What a run is asked for.
struct RunRequest {
  std::vector<std::string> studies;  ///< by their names in etl.yaml
  bool all = false;                  ///< every study that etl.yaml enables
  std::vector<std::string> only;     ///< these steps alone; empty: all
  std::vector<std::string> skip;     ///< without these
  RunChoices choices;

  /// As the journal knows a run of these studies and steps.
  [[nodiscard]] std::string name() const;
};

/// UsageError when `skip` of a study names no step: the reader of etl.yaml does not know the steps.
void check_skipped(const std::vector<config::StudyEntry>& studies);

/// The studies of etl.yaml that are meant. UsageError when there are none, or one is not listed.
[[nodiscard]] std::vector<config::StudyEntry> chosen_studies(const config::Settings& settings,
                                                             const RunRequest& request);

/// UsageError when no step is left.
[[nodiscard]] std::vector<std::unique_ptr<Step>> chosen_steps(RunContext& context, const RunRequest& request);

}  // namespace etl::run
