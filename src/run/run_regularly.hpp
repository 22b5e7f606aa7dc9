#pragma once

#include <functional>
#include <stop_token>

#include "base/error.hpp"
#include "config/settings.hpp"
#include "run/request.hpp"
#include "run/schedule.hpp"

namespace etl::run {

/// The time, as the journal of runs keeps it.
[[nodiscard]] Schedule::Time now();

struct RegularRun {
  std::function<ExitCode()> run;                        ///< one run; throws Error when it cannot begin
  std::function<void(const Error&)> on_not_begun = {};  ///< the next one is tried in its time
};

/// Runs again and again until it is stopped; returns the exit code of the last run. The settings are read anew for each
/// run: what is mounted may have been rotated. The first time nothing is forgiven, since whoever starts it wants to
/// know: throws what is wrong with the settings or the request.
[[nodiscard]] ExitCode run_regularly(config::Settings& settings, const RunRequest& request, const Schedule& schedule,
                                     const RegularRun& regular, const std::stop_token& stop);

}  // namespace etl::run
