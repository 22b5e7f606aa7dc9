#include <fmt/chrono.h>
#include <fmt/format.h>

#include <map>
#include <string>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/lib/print.hpp"
#include "cli/run/run_parts.hpp"
#include "run/identity.hpp"
#include "run/journal.hpp"
#include "run/run_regularly.hpp"
#include "run/runner.hpp"
#include "run/summary.hpp"

namespace etl::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string seconds(std::chrono::duration<double> time) { return fmt::format("{:.2f}", time.count()); }

Json json_of(const std::vector<run::UsedSetting>& used) {
  Json all = Json::array();
  for (const auto& one : used) all.push_back({{"what", one.what}, {"value", one.value}, {"from", one.from}});
  return all;
}

Json json_of(const run::StudyReport& study) {
  Json steps = Json::array();
  for (const auto& line : study.steps) {
    Json counts = Json::object();
    for (const auto& count : line.report.counts) counts[std::string(count.name)] = count.value;
    steps.push_back({{"step", line.step},
                     {"outcome", to_string(line.report.outcome)},
                     {"counts", counts},
                     {"seconds", line.took.count()},
                     {"tries", line.tries},
                     {"reason", line.report.reason},
                     {"used", json_of(line.report.used)},
                     {"do", line.report.advice},
                     {"exit", static_cast<int>(line.report.exit)}});
  }
  return {{"study", study.study},
          {"project", study.project.str()},
          {"outcome", to_string(study.outcome())},
          {"exit", static_cast<int>(study.exit())},
          {"steps", steps}};
}

Json json_of(const run::Cause& cause) {
  return {{"step", cause.step},
          {"exit", static_cast<int>(cause.exit)},
          {"reason", cause.reason},
          {"do", cause.advice},
          {"studies", cause.studies}};
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

void print_table(const Context& context, const std::vector<run::StudyReport>& studies) {
  Table table({"study", "project", "step", "outcome", "counts", number("seconds"), "reason"});
  std::map<std::string, std::string> told;  // cause -> the study whose row explains it
  for (const auto& study : studies) {
    for (const auto& line : study.steps) {
      std::string reason = line.report.reason;
      if (!line.cause.empty()) {
        const auto [known, is_new] = told.try_emplace(line.cause, study.study);
        if (!is_new) reason = fmt::format("as {}", known->second);
      }
      table.row({study.study, study.project.str(), std::string(line.step), std::string(to_string(line.report.outcome)),
                 run::in_words(line.report.counts), seconds(line.took), reason});
    }
  }
  table.print(context);
}

void print(const Context& context, const run::Identity& identity, const std::vector<run::StudyReport>& studies,
           run::Schedule::Time began, std::chrono::duration<double> took) {
  if (context.output == Output::table) {
    print_table(context, studies);
    return;
  }
  Json all = Json::array();
  for (const auto& study : studies) all.push_back(json_of(study));
  Json causes = Json::array();
  for (const auto& cause : run::causes_of(studies)) causes.push_back(json_of(cause));
  print_result(context, Json{{"version", identity.version},
                             {"host", or_null(identity.host)},
                             {"commons", or_null(identity.commons)},
                             {"database", or_null(identity.database)},
                             {"search", or_null(identity.search)},
                             {"etl_yaml", or_null(identity.etl_yaml)},
                             {"began", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", began)},
                             {"dry_run", context.dry_run},
                             {"seconds", took.count()},
                             {"exit", static_cast<int>(run::worst(studies))},
                             {"summary", run::summary(studies, context.dry_run)},
                             {"causes", causes},
                             {"studies", all}});
}

/// Names the studies of every cause that several of them share; the cause itself was explained when it came up.
void tell_shared_causes(const std::vector<run::StudyReport>& studies) {
  for (const auto& cause : run::causes_of(studies)) {
    if (cause.studies.size() < 2) continue;
    log::write(log::Level::error,
               fmt::format("{} failed at {} for the same cause: {}", counted(cause.studies.size(), "study"), cause.step,
                           fmt::join(cause.studies, ", ")),
               {{"do", cause.advice}});
  }
}

}  // namespace

ExitCode run_once(const Context& context, const config::Settings& settings, const RunArguments& arguments,
                  const std::stop_token& stop) {
  const auto began = run::now();
  const auto start = std::chrono::steady_clock::now();
  const log::WarnOnce warn_once;
  const run::Identity identity = run::identity_of(settings);
  const auto in_json = [](const std::string& text) {
    return log::is_json() ? text : std::string();
  };  // as text: in words
  log::write(log::Level::info, run::in_words(identity),
             {{"version", in_json(identity.version)},
              {"host", in_json(identity.host)},
              {"commons", in_json(identity.commons)},
              {"database", in_json(identity.database)},
              {"search", in_json(identity.search)},
              {"etl_yaml", in_json(identity.etl_yaml)}});
  settings.check();  // now, not when a step of the last study comes to it
  run::RunContext run_context(settings, stop, arguments.choices);
  const auto studies = run::chosen_studies(settings, arguments);
  const auto steps = run::chosen_steps(run_context, arguments);
  const auto which = arguments.name();
  if (!context.dry_run) run::Journal(run_context.state_dir()).note_begin(which, began);
  const auto reports = run::run(studies, steps, run_context,
                                {.dry_run = context.dry_run,
                                 .tries = settings.number("limits.tries"),
                                 .first_wait = std::chrono::seconds(settings.number("limits.retry_wait"))});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (!context.dry_run && !stop.stop_requested()) run::Journal(run_context.state_dir()).note_end(which);
  print(context, identity, reports, began, took);
  flush_out();
  tell_shared_causes(reports);
  log::info("{}{} in {}", context.dry_run ? "dry run of " : "", run::summary(reports, context.dry_run),
            human_duration(took));
  return run::worst(reports);
}

}  // namespace etl::cli
