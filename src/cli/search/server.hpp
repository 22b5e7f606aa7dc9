#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/stop_signal.hpp"
#include "cli/lib/context.hpp"
#include "search/load.hpp"
#include "search/server.hpp"

namespace etl::cli {

/// The search server as the settings name it. While it lives, SIGTERM asks the work to stop.
struct SearchServer {
  explicit SearchServer(const Context& context);

  StopOnSignal stop;
  search::Server server;
};

/// Options of commands that change what is in the indexes.
struct SearchWriteArguments {
  bool force = false;
  unsigned keep = 1;
  std::string reject_file;
};

/// --search-url, --search-user, --search-ca-file, --search-prefix.
void add_search_options(CLI::App& app, Context& context);
/// --force, --keep, --reject-file, --search-connections, --state-dir.
void add_search_write_options(CLI::App& app, Context& context, SearchWriteArguments& arguments);

/// What the settings and options say of a load; its types and digest are still to be set.
[[nodiscard]] search::LoadRequest load_request(const Context& context, search::Server& server, const ProjectId& project,
                                               const SearchWriteArguments& arguments);

/// A row for each type: documents before and after, the index. Says what guppy needs after new fields, unless it is to
/// be asked itself.
void print_load(const Context& context, const search::LoadReport& report, const std::string& project,
                bool advise_restart = true);

/// Counts, asks, and removes these types of a project. `what`: "search" or "fhir".
void remove_types(const Context& context, SearchServer& search, const ProjectId& project,
                  const std::vector<search::DocumentType>& types, const std::string& what);

/// For a command that found nothing of a project: UsageError, with the nearest one, when there is no such project.
void require_loaded_project(const Context& context, SearchServer& search, const ProjectId& project);

}  // namespace etl::cli
