#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/lib/context.hpp"
#include "run/run_context.hpp"
#include "run/schedule.hpp"
#include "run/step.hpp"

namespace etl::cli {

/// What `aced-etl run` was asked for.
struct RunArguments {
  std::vector<std::string> studies;
  bool all = false;
  std::vector<std::string> only;
  std::vector<std::string> skip;
  run::RunChoices choices;
  std::chrono::seconds every{};
  std::chrono::seconds jitter{};

  /// As the journal knows a run of these studies and steps.
  [[nodiscard]] std::string name() const;
};

/// The studies of etl.yaml that are meant. Throws UsageError when there are none, or one is not listed.
[[nodiscard]] std::vector<config::StudyEntry> chosen_studies(const config::Settings& settings,
                                                             const RunArguments& arguments);
/// UsageError when `skip` of a study names no step: the reader of etl.yaml does not know the steps.
void check_skipped(const std::vector<config::StudyEntry>& studies);
[[nodiscard]] std::vector<std::unique_ptr<run::Step>> chosen_steps(run::RunContext& context,
                                                                   const RunArguments& arguments);

/// The time, as the journal of runs keeps it.
[[nodiscard]] run::Schedule::Time now();

/// One run of the studies, told at its end. Answers the exit code.
ExitCode run_once(const Context& context, const config::Settings& settings, const RunArguments& arguments,
                  const std::stop_token& stop);

/// Again and again, until it is stopped. Settings are read anew for each run: what is mounted may have been rotated
/// meanwhile. What keeps a run from beginning then is told, and the next one tried in its time.
void run_regularly(Context& context, const RunArguments& arguments, const std::stop_token& stop);

}  // namespace etl::cli
