#include <fmt/format.h>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/stop_signal.hpp"
#include "checks/doctor.hpp"
#include "cli/commands.hpp"
#include "cli/lib/commons.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "run/request.hpp"

namespace etl::cli {
namespace {

const char* name_of(checks::Check::State state) {
  switch (state) {
    case checks::Check::State::ok:
      return "ok";
    case checks::Check::State::warning:
      return "warning";
    case checks::Check::State::failed:
      break;
  }
  return "failed";
}

void examine(Context& context) {
  const StopOnSignal stop;
  checks::Report report = checks::examine(context.settings, config::process_environment(), stop.token());
  report.guard("steps", [&] { run::check_skipped(context.settings.studies()); });
  Table table({"check", "state", "found", "advice"});
  for (const checks::Check& check : report.checks()) {
    table.row({check.name, name_of(check.state), check.detail, check.advice});
  }
  table.print(context);
  const auto failed = report.count(checks::Check::State::failed);
  const auto warnings = report.count(checks::Check::State::warning);
  log::info("{}: {} failed, {}", counted(report.checks().size(), "check"), failed, counted(warnings, "warning"));
  context.exit = report.exit();
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("doctor");
  describe(
      *command,
      {.summary = "check everything that loads need, and say what to do",
       .text =
           "One line per check: mounts and their links, the API key and whether fence accepts it, the commons and its "
           "clock, the user's permissions on every project of user.yaml and etl.yaml, buckets, AWS profiles and "
           "whether each key signs, the source, bucket and project of every study of etl.yaml, the database, its "
           "tables and the privileges on them, the search server, folders and disk. Writes nothing. The exit code is "
           "that of the first check that failed; warnings do not count.",
       .examples = {{"aced-etl doctor", "in the pod, on the first day"},
                    {"aced-etl doctor -o json | jq '.[] | select(.state != \"ok\")'", "what is not well"}}});
  add_commons_options(*command, context);
  add_setting_option(*command, context, "fence_config");
  add_user_yaml_option(*command, context);
  add_dictionary_option(*command, context);
  add_database_options(*command, context);
  command->callback([&context] { examine(context); });
}

}  // namespace etl::cli
