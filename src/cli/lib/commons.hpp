#pragma once

#include <CLI/CLI.hpp>

#include "base/stop_signal.hpp"
#include "cli/lib/context.hpp"
#include "gen3/commons.hpp"

namespace etl::cli {

struct Stoppable {
  StopOnSignal stop;
};

/// The commons as the settings name it. While it lives, SIGTERM asks the work to stop.
struct Commons : Stoppable, gen3::Commons {
  explicit Commons(const Context& context, net::HttpOptions options = {})
      : gen3::Commons(context.settings, stop.token(), std::move(options)) {}
};

/// --endpoint and --api-key.
void add_commons_options(CLI::App& app, Context& context);

}  // namespace etl::cli
