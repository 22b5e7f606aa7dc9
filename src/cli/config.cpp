#include <string>

#include "cli/commands.hpp"
#include "cli/describe.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"

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

}  // namespace

void add_config(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("config");
  describe(*group, {.summary = "look at the settings",
                    .text = "A setting comes from the first of these that has it: a flag, the environment, etl.yaml, "
                            "the mounted secret <creds>/sheepdog-creds, the default.",
                    .examples = {{"aced-etl config show", "every setting and where it came from"}}});

  CLI::App* command = group->add_subcommand("show");
  describe(*command,
           {.summary = "show every setting, its value and where it came from",
            .text = "Secrets are shown as ***, addresses without user, password and query.\n\n"
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

}  // namespace etl::cli
