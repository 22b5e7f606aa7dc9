#include "cli/lib/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/suggestion.hpp"

namespace etl::cli {

CLI::Option* add_setting_option(CLI::App& app, Context& context, std::string_view key_name, std::string names) {
  const config::Key* key = config::find_key(key_name);
  if (key == nullptr || key->flag.empty()) {
    throw InternalError(fmt::format("the setting `{}` has no flag in the table of settings", key_name));
  }
  if (names.empty()) names = key->flag;
  const std::string flag = names.substr(names.rfind(',') + 1);
  std::string text(key->help);
  text += " [";
  if (!key->fallback.empty()) {
    text += key->fallback == "<cores>" ? "default: all cores; " : fmt::format("default: {}; ", key->fallback);
  }
  // Not CLI11's envname(): the settings read the environment themselves, one layer below the flags.
  if (!key->environment.empty()) text += fmt::format("environment: {}; ", key->environment);
  text += fmt::format("etl.yaml: {}]", key->name);
  if (key->name == "etl_yaml") text = fmt::format("{} [environment: {}]", key->help, key->environment);
  return app
      .add_option_function<std::string>(
          names,
          [&context, key, flag](const std::string& value) {
            context.settings.set(key->name, value, fmt::format("flag {}", flag));
          },
          text)
      ->type_name(std::string(key->type));
}

CLI::Option* add_dictionary_option(CLI::App& app, Context& context) {
  return add_setting_option(app, context, "dictionary");
}
CLI::Option* add_config_option(CLI::App& app, Context& context) {
  return add_setting_option(app, context, "simplify_config");
}
CLI::Option* add_threads_option(CLI::App& app, Context& context) { return add_setting_option(app, context, "threads"); }
CLI::Option* add_temp_dir_option(CLI::App& app, Context& context) {
  return add_setting_option(app, context, "temp_dir");
}
CLI::Option* add_user_yaml_option(CLI::App& app, Context& context) {
  return add_setting_option(app, context, "user_yaml");
}

CLI::Option* add_exclude_option(CLI::App& app, Context& context) {
  return add_setting_option(app, context, "exclude")
      ->type_name("PATTERN")
      ->multi_option_policy(CLI::MultiOptionPolicy::Join)
      ->delimiter(',');
}

CLI::Option* add_transform_ids_option(CLI::App& app, Context& context) {
  return add_setting_option(app, context, "transform_ids")->type_name("SEED");
}

void add_database_options(CLI::App& app, Context& context) {
  for (const char* key : {"database.host", "database.port", "database.name", "database.user"}) {
    add_setting_option(app, context, key);
  }
}

CLI::Option* add_project_option(CLI::App& app, std::string& project, const std::string& help) {
  return app.add_option("--project", project, help)->type_name("PROGRAM-CODE");
}

CLI::Option* add_dry_run(CLI::App& app, Context& context) {
  return app.add_flag("--dry-run", context.dry_run, "show what would be done; write nothing");
}

CLI::Option* add_yes(CLI::App& app, Context& context) {
  return app.add_flag("-y,--yes", context.yes, "do not ask before destroying; needed where there is no terminal");
}

CLI::Option* add_prune(CLI::App& app, std::optional<bool>& prune, const std::string& text) {
  return app.add_flag_function(
      "--prune,!--no-prune", [&prune](std::int64_t count) { prune = count > 0; }, text);
}

CLI::Option* add_list_option(CLI::App& app, const std::string& names, std::vector<std::string>& list,
                             const std::string& text) {
  return app.add_option(names, list, text)->delimiter(',')->allow_extra_args(false);
}

CLI::Validator one_of(std::string option, std::vector<std::string> choices) {
  const std::string shown = fmt::format("{{{}}}", fmt::join(choices, ","));
  return CLI::Validator(
      [option = std::move(option), choices = std::move(choices)](const std::string& value) -> std::string {
        if (std::ranges::find(choices, value) != choices.end()) return {};
        throw UsageError(fmt::format("{} must be one of {}, not `{}`", option, fmt::join(choices, ", "), value), {},
                         did_you_mean(value, choices));
      },
      shown);
}

}  // namespace etl::cli
