#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/lib/context.hpp"

/// Options that several commands share: same name, same help, stored in the settings with the flag as origin.
/// A command adds those that it uses.
namespace etl::cli {

/// Any key of the table of settings that has a flag; name, help, environment and default come from the table.
/// `names`: other names for a command where one limit alone is meant, as "-j,--jobs"; the last is told as the origin.
CLI::Option* add_setting_option(CLI::App& app, Context& context, std::string_view key_name, std::string names = {});

CLI::Option* add_dictionary_option(CLI::App& app, Context& context);     ///< --dictionary
CLI::Option* add_config_option(CLI::App& app, Context& context);         ///< --config (of the simplifier)
CLI::Option* add_threads_option(CLI::App& app, Context& context);        ///< --threads
CLI::Option* add_temp_dir_option(CLI::App& app, Context& context);       ///< --temp-dir
CLI::Option* add_user_yaml_option(CLI::App& app, Context& context);      ///< --user-yaml
CLI::Option* add_exclude_option(CLI::App& app, Context& context);        ///< --exclude, which may be repeated
CLI::Option* add_transform_ids_option(CLI::App& app, Context& context);  ///< --transform-ids
void add_database_options(CLI::App& app, Context& context);              ///< --database-host, -port, -name, -user
CLI::Option* add_dry_run(CLI::App& app, Context& context);               ///< --dry-run
/// --project PROGRAM-CODE
CLI::Option* add_project_option(CLI::App& app, std::string& project, const std::string& help);
CLI::Option* add_yes(CLI::App& app, Context& context);  ///< -y, --yes

/// --prune and --no-prune; without either `prune` stays empty, and the setting graph.prune counts.
CLI::Option* add_prune(CLI::App& app, std::optional<bool>& prune, const std::string& text);

/// An option for a list: each use takes exactly one value, which may hold several items separated by commas. It never
/// takes the words that follow, so that `--only graph Diabetes` leaves `Diabetes` to the command.
CLI::Option* add_list_option(CLI::App& app, const std::string& names, std::vector<std::string>& list,
                             const std::string& text);

/// Checks that a value of `option` is one of `choices`; the UsageError names the nearest one. Help and completion read
/// the choices from it.
[[nodiscard]] CLI::Validator one_of(std::string option, std::vector<std::string> choices);

}  // namespace etl::cli
