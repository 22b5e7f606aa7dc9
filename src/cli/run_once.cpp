#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/print.hpp"
#include "cli/run_parts.hpp"
#include "run/journal.hpp"
#include "run/runner.hpp"

namespace etl::cli {
namespace {

using Json = nlohmann::ordered_json;

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

}  // namespace

run::Schedule::Time now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

ExitCode run_once(const Context& context, const config::Settings& settings, const RunArguments& arguments,
                  const std::stop_token& stop) {
  const auto began = now();
  const auto start = std::chrono::steady_clock::now();
  settings.check();  // now, not when a step of the last study comes to it
  run::Workplace workplace(settings, stop);
  const auto studies = chosen_studies(settings, arguments);
  const auto steps = chosen_steps(workplace, arguments);
  const auto which = arguments.name();
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

}  // namespace etl::cli
