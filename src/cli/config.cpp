#include <string>

#include "base/log.hpp"
#include "cli/commands.hpp"
#include "cli/describe.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "config/schema.hpp"

namespace etl::cli {
namespace {

void show(const Context& context) {
  Table table({"key", "value", "origin"});
  for (const config::Key& key : config::known_keys()) {
    const auto value = context.settings.get(key.name);
    table.row({std::string(key.name), value ? config::shown(*value) : "", value ? value->origin : "not set"});
  }
  table.print(context);
}

/// What a run makes of each study: defaults filled in. An empty bucket is fence's default.
void studies(const Context& context) {
  const auto& settings = context.settings;
  const auto bucket = settings.get("files.bucket");
  Table table({"study", "project", "enabled", "bucket", "source", "skip", "origin"});
  for (const config::StudyEntry& study : settings.studies()) {
    table.row({study.name, study.project.str(), study.enabled ? "yes" : "no",
               study.bucket.value_or(bucket ? bucket->text : ""),
               study.source.value_or(settings.require("source.studies_prefix") + study.name),
               fmt::format("{}", fmt::join(study.skip, ",")), study.origin});
  }
  if (table.empty()) log::info("etl.yaml names no studies; `aced-etl config init` writes one that does");
  table.print(context);
}

void add_show(CLI::App& app, CLI::App& group, Context& context) {
  CLI::App* command = group.add_subcommand("show");
  describe(*command,
           {.summary = "show every setting, its value and where it came from",
            .text = "Secrets are shown as ***, addresses without user, password and query. The studies of etl.yaml are "
                    "listed by `aced-etl config studies`.\n\n"
                    "The mounted database secret is one set of values for one server: where a flag, PGHOST, "
                    "PGHOSTADDR, PGSERVICE or etl.yaml names the server, nothing is taken from the secret, so that its "
                    "password never goes to another host.",
            .examples = {{"aced-etl config show", "as a table"},
                         {"aced-etl config show -o json --etl-yaml staging.yaml", "what a staging run would use"}}});
  for (const config::Key& key : config::known_keys()) {
    // Those of the program itself are there already.
    if (!key.flag.empty() && app.get_option_no_throw(std::string(key.flag)) == nullptr) {
      add_setting_option(*command, context, key.name);
    }
  }
  command->callback([&context] { show(context); });
}

void add_schema(CLI::App& group) {
  CLI::App* command = group.add_subcommand("schema");
  describe(*command, {.summary = "print the JSON schema of etl.yaml",
                      .text = "For editors, and for what writes the file: draft 2020-12, made of the table of settings "
                              "that the program itself goes by. It is there as share/etl.schema.json, too.",
                      .examples = {{"aced-etl config schema > etl.schema.json",
                                    "and in etl.yaml: # yaml-language-server: $schema=etl.schema.json"}}});
  command->callback([] { write_out(config::etl_yaml_schema().dump(2) + "\n"); });
}

void add_studies_of(CLI::App& group, Context& context) {
  CLI::App* command = group.add_subcommand("studies");
  describe(*command,
           {.summary = "show the studies of etl.yaml: project, bucket and source of each",
            .text = "Defaults are filled in: project PROGRAM-NAME, the setting files.bucket (empty: fence's default), "
                    "the prefix source.studies_prefix and the name. A list that is not sound is an error with file and "
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
  describe(*group, {.summary = "settings and studies: write an etl.yaml, look at what is made of it",
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
