#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>

#include "base/log.hpp"
#include "base/stop_signal.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/describe.hpp"
#include "cli/duration.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "config/folder.hpp"
#include "run/journal.hpp"
#include "run/runner.hpp"
#include "run/schedule.hpp"

namespace etl::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::vector<std::string> studies;
  bool all = false;
  std::vector<std::string> only;
  std::vector<std::string> skip;
  std::chrono::seconds every{};
  std::chrono::seconds jitter{};
};

/// The file's reader does not know the steps.
void check_skipped(const std::vector<config::StudyEntry>& studies) {
  const auto steps = run::step_names();
  for (const auto& study : studies) {
    for (const std::string& name : study.skip) {
      if (std::ranges::find(steps, name) != steps.end()) continue;
      throw UsageError(fmt::format("`skip` of the study `{}` names no step: `{}`", study.name, name), study.origin,
                       fmt::format("there are: {}", fmt::join(steps, ", ")));
    }
  }
}

std::vector<config::StudyEntry> chosen_studies(const config::Settings& settings, const Arguments& arguments) {
  if (arguments.all == !arguments.studies.empty()) {
    throw UsageError("say which studies to run", {}, "name them, or pass --all for those that etl.yaml enables");
  }
  const auto& known = settings.studies();
  const auto file = settings.get("etl_yaml");
  if (known.empty()) {
    throw UsageError("no studies are listed", file ? file->text : "no etl.yaml was found",
                     "list them in etl.yaml; `aced-etl config init` writes one");
  }
  check_skipped(known);
  std::vector<config::StudyEntry> chosen;
  if (arguments.all) {
    std::ranges::copy_if(known, std::back_inserter(chosen), &config::StudyEntry::enabled);
    if (chosen.empty()) log::warn("etl.yaml enables no study");
    return chosen;
  }
  for (const std::string& name : arguments.studies) {
    const auto found = std::ranges::find(known, name, &config::StudyEntry::name);
    if (found == known.end()) {
      std::vector<std::string> names;
      names.reserve(known.size());
      for (const auto& study : known) names.push_back(study.name);
      const std::string near = nearest(name, names);
      throw UsageError(
          fmt::format("no study `{}` is listed{}", name, near.empty() ? "" : "; did you mean `" + near + "`?"),
          file ? file->text : std::string());
    }
    if (std::ranges::find(chosen, name, &config::StudyEntry::name) == chosen.end()) chosen.push_back(*found);
  }
  return chosen;
}

std::vector<std::unique_ptr<run::Step>> chosen_steps(run::Workplace& workplace, const Arguments& arguments) {
  auto steps = run::all_steps(workplace);
  const auto names = [](const std::vector<std::string>& list, std::string_view name) {
    return std::ranges::find(list, name) != list.end();
  };
  std::erase_if(steps, [&](const auto& step) {
    return (!arguments.only.empty() && !names(arguments.only, step->name())) || names(arguments.skip, step->name());
  });
  if (steps.empty()) throw UsageError("--only and --skip leave no step to do");
  return steps;
}

std::string seconds(std::chrono::duration<double> time) { return fmt::format("{:.2f}", time.count()); }

Json json_of(const run::StudyReport& study) {
  Json steps = Json::array();
  for (const auto& line : study.steps) {
    Json counts = Json::object();
    for (const auto& count : line.report.counts) counts[std::string(count.name)] = count.value;
    steps.push_back({{"step", line.step},
                     {"outcome", to_string(line.report.outcome)},
                     {"counts", counts},
                     {"seconds", line.took.count()},
                     {"reason", line.report.reason},
                     {"do", line.report.advice},
                     {"exit", static_cast<int>(line.report.exit)}});
  }
  return {{"study", study.study},
          {"project", study.project.str()},
          {"outcome", to_string(study.outcome())},
          {"exit", static_cast<int>(study.exit())},
          {"steps", steps}};
}

void print(const Context& context, const std::vector<run::StudyReport>& studies, run::Schedule::Time began,
           std::chrono::duration<double> took) {
  if (context.output == Output::table) {
    Table table({"study", "project", "step", "outcome", "counts", number("seconds"), "reason"});
    for (const auto& study : studies) {
      for (const auto& line : study.steps) {
        table.row({study.study, study.project.str(), std::string(line.step),
                   std::string(to_string(line.report.outcome)), run::in_words(line.report.counts), seconds(line.took),
                   line.report.reason});
      }
    }
    table.print(context);
    return;
  }
  Json all = Json::array();
  for (const auto& study : studies) all.push_back(json_of(study));
  print_result(context, Json{{"began", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", began)},
                             {"dry_run", context.dry_run},
                             {"seconds", took.count()},
                             {"exit", static_cast<int>(run::worst(studies))},
                             {"studies", all}});
}

run::Schedule::Time now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// As the journal knows a run of these studies and steps.
std::string name_of(Arguments arguments) {
  for (auto* list : {&arguments.studies, &arguments.only, &arguments.skip}) std::ranges::sort(*list);
  std::string name = arguments.all ? "all" : fmt::format("{}", fmt::join(arguments.studies, "\n"));
  if (!arguments.only.empty()) name += fmt::format("\n--only {}", fmt::join(arguments.only, ","));
  if (!arguments.skip.empty()) name += fmt::format("\n--skip {}", fmt::join(arguments.skip, ","));
  return name;
}

/// One run of the studies, told at its end.
ExitCode run_once(const Context& context, const config::Settings& settings, const Arguments& arguments,
                  const std::stop_token& stop) {
  const auto began = now();
  const auto start = std::chrono::steady_clock::now();
  run::Workplace workplace(settings, stop);
  const auto studies = chosen_studies(settings, arguments);
  const auto steps = chosen_steps(workplace, arguments);
  const auto which = name_of(arguments);
  if (!context.dry_run) run::Journal(workplace.state_dir()).note_begin(which, began);
  const auto reports = run::run(studies, steps, workplace,
                                {.dry_run = context.dry_run,
                                 .tries = settings.number("limits.tries"),
                                 .first_wait = std::chrono::seconds(settings.number("limits.retry_wait"))});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (!context.dry_run && !stop.stop_requested()) run::Journal(workplace.state_dir()).note_end(which);
  print(context, reports, began, took);
  flush_out();
  const auto well =
      std::ranges::count_if(reports, [](const run::StudyReport& report) { return report.exit() == ExitCode::done; });
  const auto changed = std::ranges::any_of(reports, [](const run::StudyReport& report) {
    return std::ranges::any_of(report.steps, [](const run::StepLine& line) {
      return line.report.outcome == run::Outcome::done || line.report.outcome == run::Outcome::planned;
    });
  });
  log::info("{} of {} studies are as they should be{}; {}", well, reports.size(), changed ? "" : ", nothing changed",
            human_duration(took));
  return run::worst(reports);
}

/// False when a stop came first.
bool wait_until(run::Schedule::Time due, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  // In pieces: a wait on the system's clock does not notice that it was set.
  while (now() < due && !stop.stop_requested()) {
    const auto left = std::min<std::chrono::seconds>(due - now(), std::chrono::seconds(30));
    woken.wait_for(lock, stop, left, [] { return false; });
  }
  return !stop.stop_requested();
}

/// Until it is stopped. Settings are read anew for each run: what is mounted may have been rotated meanwhile. What
/// keeps a run from beginning then is told, and the next one tried in its time.
void run_regularly(Context& context, const Arguments& arguments, const std::stop_token& stop) {
  const run::Schedule schedule{.every = arguments.every, .jitter = arguments.jitter};
  std::mt19937 dice{std::random_device{}()};
  const auto state_dir = config::folder(context.settings, "state_dir");
  // The first time nothing is forgiven: whoever starts it wants to know.
  run::Workplace workplace(context.settings, stop);
  static_cast<void>(chosen_studies(context.settings, arguments));
  static_cast<void>(chosen_steps(workplace, arguments));
  while (true) {
    const auto due = schedule.next(run::Journal(state_dir).last_begin(name_of(arguments)), now(),
                                   std::uniform_real_distribution<double>(0, 1)(dice));
    if (due > now()) log::info("the next run is due at {:%Y-%m-%d %H:%M:%S} UTC", due);
    if (!wait_until(due, stop)) return;
    try {
      context.settings.reload();
      context.exit = run_once(context, context.settings, arguments, stop);
    } catch (const Error& error) {
      log::write(log::Level::error, fmt::format("no run: {}", error.what()),
                 {{"at", error.where()}, {"do", error.hint()}});
      context.exit = error.code();
      run::Journal journal(state_dir);
      journal.note_begin(name_of(arguments), now());
      journal.note_end(name_of(arguments));
    }
    if (stop.stop_requested()) return;
  }
}

void run_command(Context& context, const Arguments& arguments) {
  const StopOnSignal stop;
  if (arguments.every == std::chrono::seconds(0)) {
    if (arguments.jitter != std::chrono::seconds(0)) throw UsageError("--jitter goes with --every");
    context.exit = run_once(context, context.settings, arguments, stop.token());
  } else {
    if (context.dry_run) throw UsageError("--dry-run does not go with --every: a dry run is made once");
    run_regularly(context, arguments, stop.token());
  }
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("run");
  describe(
      *command,
      {.summary = "the regular run: bring every study into the commons",
       .text =
           "For every study of etl.yaml, in this order: pull (where a bucket is set that studies come from), validate, "
           "projects, graph, files. A step that fails ends its study and no other; at the end a table says what became "
           "of each, and the exit code is that of the worst.\n\n"
           "What is there already is not done again, so a run that was stopped, killed or cut off is gone on with by "
           "the same command. A service that goes away is tried again (limits.tries). A project is worked on by one "
           "run at a time; SIGTERM ends a run within 10 s (exit 5).\n\n"
           "--every runs them again and again, where there is no CronJob: never two at once; a time that was missed, "
           "because a run took longer or the program was down, is made up for once. A stop while it waits is no "
           "failure: "
           "the exit code is the last run's.",
       .examples = {{"aced-etl run --all", "every study that etl.yaml enables"},
                    {"aced-etl run Lung_Cancer --only validate,graph", "parts of one"},
                    {"aced-etl run --all --dry-run -o json", "what would change"},
                    {"aced-etl run --all --every 6h --jitter 10m", "four times a day"}}});
  auto arguments = std::make_shared<Arguments>();
  command->add_option("studies", arguments->studies, "studies of etl.yaml, enabled or not")->type_name("STUDY");
  command->add_flag("--all", arguments->all, "every study that etl.yaml enables");
  for (const auto& [name, list, help] : {std::tuple{"--only", &arguments->only, "only these steps"},
                                         std::tuple{"--skip", &arguments->skip, "without these steps"}}) {
    command->add_option(name, *list, fmt::format("{}: {}", help, fmt::join(run::step_names(), ", ")))
        ->type_name("STEP,…")
        ->delimiter(',')
        ->check(CLI::IsMember(run::step_names()));
  }
  add_duration(*command, "--every", arguments->every, "run again and again, this far apart: 90s, 30m, 6h, 1d");
  add_duration(*command, "--jitter", arguments->jitter, "each time up to so much later, at random");
  add_dictionary_option(*command, context);
  add_config_option(*command, context);
  add_threads_option(*command, context);
  for (const char* key : {"folder.studies", "folder.output", "state_dir"}) add_setting_option(*command, context, key);
  add_dry_run(*command, context);
  command->callback([&context, arguments] { run_command(context, *arguments); });
}

}  // namespace etl::cli
