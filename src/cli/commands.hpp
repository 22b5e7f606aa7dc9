#pragma once

#include <CLI/CLI.hpp>

#include "cli/lib/context.hpp"

/// The command groups. Each lives in the file of its name and hangs its subcommands into the tree; a
/// command's work is done in its CLI11 callback, which runs after all options and settings are read.
/// `context` outlives the parse. To add a group: declare it here and list it in main.cpp.
namespace etl::cli {

/// The group of commands that print the tree of commands and need no settings: completion, man.
inline constexpr const char* kAboutItself = "About aced-etl itself";

void add_config(CLI::App& app, Context& context);
void add_config_init(CLI::App& group, Context& context);  ///< called by add_config
void add_completion(CLI::App& app, Context& context);
void add_man(CLI::App& app, Context& context);
void add_validate(CLI::App& app, Context& context);
void add_simplify(CLI::App& app, Context& context);
void add_graph(CLI::App& app, Context& context);
void add_graph_load(CLI::App& graph, Context& context);  ///< called by add_graph
void add_search(CLI::App& app, Context& context);
void add_search_load(CLI::App& search, Context& context);   ///< called by add_search
void add_search_admin(CLI::App& search, Context& context);  ///< called by add_search
void add_fhir(CLI::App& app, Context& context);
void add_discovery(CLI::App& app, Context& context);
void add_projects(CLI::App& app, Context& context);
void add_put_object(CLI::App& app, Context& context);
void add_buckets(CLI::App& app, Context& context);
void add_files(CLI::App& app, Context& context);
void add_studies(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);

}  // namespace etl::cli
