#pragma once

#include "base/error.hpp"
#include "config/settings.hpp"

namespace etl::cli {

enum class Output { table, json, yaml };

/// What every command knows: the global options and the settings. Filled before a command's callback runs.
struct Context {
  Output output = Output::table;
  bool yes = false;      ///< --yes: do not ask before destroying
  bool dry_run = false;  ///< --dry-run: say what would be done, write nothing
  bool quiet = false;    ///< -q: errors only, no progress
  bool log_json = false;
  config::Settings settings;
  ExitCode exit = ExitCode::done;  ///< a command that ends well but not all done sets another code
};

}  // namespace etl::cli
