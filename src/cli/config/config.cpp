#include <filesystem>
#include <string>

#include "base/log.hpp"
#include "cli/commands.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "config/database.hpp"
#include "config/folder.hpp"
#include "config/schema.hpp"
#include "gen3/settings.hpp"
#include "net/url.hpp"
#include "run/request.hpp"
#include "simplify/config.hpp"
#include "studies/pull_settings.hpp"
#include "studies/source.hpp"

namespace etl::cli {
namespace {

void check_files(const config::Settings& settings) {
  if (const auto config = settings.get("simplify_config")) {
    try {
      static_cast<void>(simplify::Config::load(config->text));
    } catch (const InputError& error) {
      throw UsageError(fmt::format("cannot read {}: {}", config->text, error.what()), config->origin, error.hint());
    }
  }
  const auto dictionary = settings.get("dictionary");
  if (!dictionary || dictionary->text.starts_with("http://") || dictionary->text.starts_with("https://")) return;
  const std::string file = dictionary->text.starts_with("file://") ? dictionary->text.substr(7) : dictionary->text;
  std::error_code unreadable;
  if (file.find("://") == std::string::npos && std::filesystem::is_regular_file(file, unreadable)) return;
  throw UsageError(fmt::format("`dictionary` is neither an http(s) address nor a file: {}", net::without_query(file)),
                   dictionary->origin, "name the address that DICTIONARY_URL has in the commons, or a JSON file");
}

/// A key that is not mounted where it usually is may come later; one that is named elsewhere must be there.
bool has_credentials(const config::Settings& settings) {
  const std::string key = settings.require("gen3.api_key");
  std::error_code unreadable;
  return settings.get("gen3.access_token") || std::filesystem::exists(key, unreadable) ||
         (key != settings.require("creds") + "/credentials.json" && key != "/creds/credentials.json");
}

/// Everything that a run would refuse and that can be known without asking a service; throws the first.
void check_for_run(const config::Settings& settings) {
  settings.check();
  run::check_skipped(settings.studies());
  for (const char* key : {"folder.studies", "folder.output", "state_dir"}) {
    static_cast<void>(config::folder(settings, key));
  }
  check_files(settings);
  try {
    static_cast<void>(config::database_address(settings));
  } catch (const UnavailableError&) {  // the commons is still making its database: no fault of the settings
  }
  if (has_credentials(settings)) static_cast<void>(gen3::session_options(settings));
  if (studies::pull_options(settings)) static_cast<void>(studies::source_profile(settings, {}));
}

void show(const Context& context) {
  Table table({"key", "value", "origin"});
  for (const config::Key& key : config::known_keys()) {
    const auto value = context.settings.get(key.name);
    table.row({std::string(key.name), value ? config::shown(*value) : "", value ? value->origin : "not set"});
  }
  table.print(context);
  flush_out();  // the table helps to understand what is refused
  check_for_run(context.settings);
}

/// What a run makes of each study: defaults filled in. An empty bucket is fence's default.
void studies(const Context& context) {
  const auto& settings = context.settings;
  const auto bucket = settings.get("files.bucket");
  Table table({"study", "project", yes_no("enabled"), "bucket", "source", list("skip"), list("exclude"),
               "transform_ids", "origin"});
  const auto seed = settings.get("transform_ids");
  for (const config::StudyEntry& study : settings.studies()) {
    table.row({study.name, study.project.str(), study.enabled ? "yes" : "no",
               study.bucket.value_or(bucket ? bucket->text : ""),
               study.source.value_or(settings.require("source.studies_prefix") + study.name),
               fmt::format("{}", fmt::join(study.skip, ",")), fmt::format("{}", fmt::join(study.exclude, ",")),
               study.transform_ids.value_or(seed ? seed->text : ""), study.origin});
  }
  if (table.empty()) log::info("etl.yaml lists no studies; `aced-etl config init` writes one that does");
  table.print(context);
}

/// The settings that have no option of their own, for the help: name, where they can be set, what they do.
std::string further_settings(const CLI::App& app, const CLI::App& command) {
  std::string text;
  for (const config::Key& key : config::known_keys()) {
    const std::string flag(key.flag);
    if (!flag.empty() && (app.get_option_no_throw(flag) != nullptr || command.get_option_no_throw(flag) != nullptr)) {
      continue;
    }
    std::string notes = key.environment.empty() ? "" : fmt::format("environment: {}; ", key.environment);
    if (!key.fallback.empty()) notes += fmt::format("default: {}; ", key.fallback);
    notes += fmt::format("etl.yaml: {}", key.name);
    text += fmt::format("\n  {}\n      {}\n      [{}]", key.name, key.help, notes);
  }
  return text;
}

void add_show(CLI::App& app, CLI::App& group, Context& context) {
  CLI::App* command = group.add_subcommand("show");
  for (const config::Key& key : config::known_keys()) {
    // Those of the program itself are there already.
    if (!key.flag.empty() && app.get_option_no_throw(std::string(key.flag)) == nullptr) {
      add_setting_option(*command, context, key.name);
    }
  }
  describe(*command,
           {.summary = "show every setting, its value and where it came from",
            .text = "Secrets are shown as ***, addresses without user, password and query. The studies of etl.yaml are "
                    "listed by `aced-etl config studies`.\n\n"
                    "After the table, the settings are checked as `aced-etl run` checks them, without asking any "
                    "service: the first one that a run would refuse is named (exit 2).\n\n"
                    "The mounted database secret is one set of values for one server: where a flag, PGHOST, "
                    "PGHOSTADDR, PGSERVICE or etl.yaml names the server, nothing is taken from the secret, so that its "
                    "password never goes to another host.\n\n"
                    "Settings without an option, which come from the environment, etl.yaml or a mounted secret:" +
                    further_settings(app, *command),
            .examples = {{"aced-etl config show", "as a table"},
                         {"aced-etl config show -o json --etl-yaml staging.yaml", "what a staging run would use"}}});
  command->callback([&context] { show(context); });
}

void add_schema(CLI::App& group) {
  CLI::App* command = group.add_subcommand("schema");
  describe(
      *command,
      {.summary = "print the JSON schema of etl.yaml",
       .text = "For editors and for programs that write the file: draft 2020-12, generated from the table of settings "
               "that the program itself uses. share/etl.schema.json has the same content.",
       .examples = {{"aced-etl config schema > etl.schema.json",
                     "and in etl.yaml: # yaml-language-server: $schema=etl.schema.json"}}});
  command->callback([] { write_out(config::etl_yaml_schema().dump(2) + "\n"); });
}

void add_studies_of(CLI::App& group, Context& context) {
  CLI::App* command = group.add_subcommand("studies");
  describe(*command,
           {.summary = "show the studies of etl.yaml: project, bucket and source of each",
            .text = "Defaults are filled in: project PROGRAM-NAME, the setting files.bucket (empty: fence's default), "
                    "the prefix source.studies_prefix and the name. An invalid list is an error with file and "
                    "line (exit 2).",
            .examples = {{"aced-etl config studies", "in the file's order"},
                         {"aced-etl config studies -o json --etl-yaml staging.yaml", "of another file"}}});
  for (const char* key : {"program", "files.bucket", "source.studies_prefix"}) {
    add_setting_option(*command, context, key);
  }
  command->callback([&context] { studies(context); });
}

}  // namespace

void add_config(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("config");
  describe(*group, {.summary = "settings and studies: write an etl.yaml, show how it is interpreted",
                    .text = "A setting comes from the first of these that has it: a flag, the environment, etl.yaml, "
                            "the mounted secret <creds>/sheepdog-creds, the default.",
                    .examples = {{"aced-etl config init", "a commented etl.yaml for this commons"},
                                 {"aced-etl config show", "every setting and where it came from"}}});
  add_config_init(*group, context);
  add_show(app, *group, context);
  add_studies_of(*group, context);
  add_schema(*group);
}

}  // namespace etl::cli
