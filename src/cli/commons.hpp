#pragma once

#include <CLI/CLI.hpp>

#include "base/stop_signal.hpp"
#include "cli/context.hpp"
#include "gen3/fence.hpp"
#include "gen3/indexd.hpp"
#include "gen3/session.hpp"
#include "gen3/settings.hpp"
#include "gen3/sheepdog.hpp"
#include "net/http.hpp"

namespace etl::cli {

/// The commons as the settings name it, and what its services can do. While it lives, SIGTERM asks the work to stop.
struct Commons {
  explicit Commons(const Context& context, net::HttpOptions options = {})
      : http(std::move(options), stop.token()), session(gen3::session_options(context.settings), http) {}

  StopOnSignal stop;
  net::HttpClient http;
  gen3::Session session;
  gen3::Fence fence{session};
  gen3::Indexd indexd{session};
  gen3::Sheepdog sheepdog{session};
};

/// --endpoint and --api-key.
void add_commons_options(CLI::App& app, Context& context);

}  // namespace etl::cli
