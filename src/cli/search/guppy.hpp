#pragma once

#include <CLI/CLI.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/lib/context.hpp"
#include "search/guppy.hpp"

namespace etl::cli {

struct GuppyArguments {
  std::string url;
  bool refresh = false;
};

/// --guppy, --refresh.
void add_guppy_options(CLI::App& app, Context& context, GuppyArguments& arguments);

/// UsageError for options that do not go together, and for an address that the access token must not be sent to.
void check_guppy_options(const Context& context, const GuppyArguments& arguments);

/// Asks guppy whether it knows the fields of a load and says what is to be done when it does not. With --refresh, and
/// only when guppy lacks some, makes it read them again and asks once more. UnavailableError when it then answers no
/// queries.
void report_guppy(const Context& context, const GuppyArguments& arguments, const std::vector<search::LoadedType>& types,
                  const std::stop_token& stop);

}  // namespace etl::cli
