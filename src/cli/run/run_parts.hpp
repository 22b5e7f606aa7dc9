#pragma once

#include <chrono>
#include <stop_token>

#include "cli/lib/context.hpp"
#include "run/request.hpp"

namespace etl::cli {

/// What `aced-etl run` was asked for.
struct RunArguments : run::RunRequest {
  std::chrono::seconds every{};
  std::chrono::seconds jitter{};
};

/// One run of the studies, reported at its end. Returns the exit code. Throws Error when it cannot begin.
ExitCode run_once(const Context& context, const config::Settings& settings, const RunArguments& arguments,
                  const std::stop_token& stop);

}  // namespace etl::cli
