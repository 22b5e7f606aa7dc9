#include <fmt/format.h>

#include <memory>

#include "base/log.hpp"
#include "base/stop_signal.hpp"
#include "base/terminal.hpp"
#include "cli/commands.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/duration.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "cli/run/run_parts.hpp"
#include "run/run_regularly.hpp"

namespace etl::cli {
namespace {

void report_not_begun(const Context& context, const Error& error) {
  log::write(log::Level::error, fmt::format("the run did not start: {}", error.what()),
             {{"at", error.where()}, {"do", error.hint()}});
  if (context.output == Output::table) return;
  print_result(context, nlohmann::ordered_json{{"error", error.what()}, {"exit", static_cast<int>(error.code())}});
}

void run_command(Context& context, const RunArguments& arguments) {
  const StopOnSignal stop;
  // The log of a run is read later, beside other logs. On a terminal the time would only be in the way.
  log::set_timestamps(arguments.every != std::chrono::seconds(0) || !terminal::stderr_is_terminal());
  if (arguments.every == std::chrono::seconds(0)) {
    if (arguments.jitter != std::chrono::seconds(0))
      throw UsageError("--jitter needs --every", {}, "add --every INTERVAL, or leave out --jitter");
    context.exit = run_once(context, context.settings, arguments, stop.token());
  } else {
    if (context.dry_run)
      throw UsageError("--dry-run and --every exclude each other", {}, "leave out --every: a dry run is made once");
    const run::RegularRun regular{.run = [&] { return run_once(context, context.settings, arguments, stop.token()); },
                                  .on_not_begun = [&](const Error& error) { report_not_begun(context, error); }};
    context.exit = run::run_regularly(context.settings, arguments,
                                      {.every = arguments.every, .jitter = arguments.jitter}, regular, stop.token());
  }
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("run");
  describe(
      *command,
      {.summary = "run the whole load: bring every study into the commons",
       .text =
           "Takes every study of etl.yaml through these steps: pull (if source.bucket is set), validate, projects, "
           "graph, files, search and fhir (if a search server is configured), discovery. `destinations` of etl.yaml "
           "turns "
           "steps off for all studies, `skip` for one. A step that fails ends its own study, not the others. At the "
           "end a table shows the result of each "
           "step, and the exit code is that of the worst study.\n\n"
           "A run skips what is unchanged, so the same command resumes a run that was stopped, killed or cut off. A "
           "step "
           "whose service goes away is tried again (limits.tries). Only one run works on a project at "
           "a time; SIGTERM ends a run within 10 s (exit 5).\n\n"
           "--every repeats the run where there is no CronJob, never two at once. If a time was missed because a run "
           "took "
           "longer or the program was down, one run makes up for it. A stop between two runs is not a failure: the "
           "exit "
           "code is that of the last run.",
       .examples = {{"aced-etl run --all", "every study that etl.yaml enables"},
                    {"aced-etl run Lung_Cancer --only validate,graph", "parts of one"},
                    {"aced-etl run --all --dry-run -o json", "what would change"},
                    {"aced-etl run Lung_Cancer --replace --prune --dry-run", "what would be replaced and removed"},
                    {"aced-etl run --all --every 6h --jitter 10m", "four times a day"}}});
  auto arguments = std::make_shared<RunArguments>();
  command->add_option("studies", arguments->studies, "studies of etl.yaml, enabled or not")->type_name("STUDY");
  command->add_flag("--all", arguments->all, "every study that etl.yaml enables");
  for (const auto& [name, list, help] : {std::tuple{"--only", &arguments->only, "only these steps"},
                                         std::tuple{"--skip", &arguments->skip, "without these steps"}}) {
    add_list_option(
        *command, name, *list,
        fmt::format("{} (separated by commas, or the option again): {}", help, fmt::join(run::step_names(), ", ")))
        ->type_name("STEP[,STEP]")
        ->check(one_of(name, run::step_names()));
  }
  command->add_flag(
      "--replace", arguments->choices.replace,
      "in this run, replace files' records that differ from the metadata, as `files load --replace` does");
  command->add_flag("--recheck", arguments->choices.recheck,
                    "in this run, look at the object of every file in S3, whenever it was last seen");
  add_prune(*command, arguments->choices.prune,
            "in this run, remove the records that left their study from the graph [default: graph.prune]");
  add_duration(*command, "--every", arguments->every, "repeat the run at this interval: 90s, 30m, 6h, 1d");
  add_duration(*command, "--jitter", arguments->jitter, "start each run up to this much later, at random");
  add_dictionary_option(*command, context);
  add_config_option(*command, context);
  add_threads_option(*command, context);
  add_exclude_option(*command, context);
  add_transform_ids_option(*command, context);
  for (const char* key : {"folder.studies", "folder.output", "state_dir"}) add_setting_option(*command, context, key);
  add_dry_run(*command, context);
  command->callback([&context, arguments] { run_command(context, *arguments); });
}

}  // namespace etl::cli
