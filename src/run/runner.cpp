#include "run/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "run/graph_step.hpp"
#include "run/study_lock.hpp"
#include "run/summary.hpp"

namespace etl::run {
namespace {

using Clock = std::chrono::steady_clock;

StepReport failure(const Error& error) {
  StepReport report{.outcome = Outcome::failed, .counts = {}, .reason = error.what(), .exit = error.code()};
  report.advice = error.hint();
  if (!error.where().empty()) report.reason += fmt::format(" ({})", error.where());
  return report;
}

std::string as_json(const std::vector<Count>& counts) {
  std::string out;
  for (const Count& count : counts) {
    out += fmt::format("{}{}:{}", out.empty() ? "" : ",", json_quote(count.name), count.value);
  }
  return "{" + out + "}";
}

/// False when a stop came first.
bool wait(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

class Runner {
 public:
  Runner(const std::vector<std::unique_ptr<Step>>& steps, RunContext& context, const RunOptions& options)
      : steps_(steps), context_(context), options_(options) {}

  StudyReport study(const config::StudyEntry& study) {
    StudyReport report{.study = study.name, .project = study.project, .steps = {}};
    std::optional<StudyLock> lock;
    bool ended = false;
    std::string unknown;
    Clock::time_point start = Clock::now();
    tries_ = 0;
    // With the lock of the project, since a wait for it is part of the first step's time.
    std::optional<StepReport> refused = lock_study(study, lock);
    for (const auto& step : steps_) {
      const log::Scope scope(study.name, study.project.str(), step->name());
      attempted_ = false;
      StepReport done = refused            ? *std::exchange(refused, std::nullopt)
                        : ended            ? StepReport{.outcome = Outcome::not_reached}
                        : !unknown.empty() ? not_known(unknown)
                                           : run_step(*step, study);
      ended = ended || done.outcome == Outcome::failed || done.outcome == Outcome::stopped;
      if (done.outcome == Outcome::planned && step->later_steps_need_output()) {
        unknown = fmt::format("known after `aced-etl run {} --only {}`", study.name, step->name());
      }
      if (done.outcome == Outcome::failed && attempted_) done.used = step->used(study);
      StepLine line{.step = step->name(), .report = std::move(done), .took = Clock::now() - start, .tries = tries_};
      if (line.report.outcome == Outcome::failed) line.cause = cause_key(report, line.step, line.report);
      if (line.report.outcome != Outcome::not_reached) tell(study, line);
      note(study, line);
      report.steps.push_back(std::move(line));
      start = Clock::now();
      tries_ = 0;
    }
    return report;
  }

 private:
  /// What became of a step in the studies before: how the breaker knows that a service is down for all of them.
  struct Outage {
    std::string cause;
    std::string reason;
    std::vector<std::string> studies;
  };
  /// So many studies in a row must fail at a step, for the same cause, before it is not tried any more.
  static constexpr std::size_t kOpensAfter = 2;

  static StepReport not_known(const std::string& why) {
    return {.outcome = Outcome::skipped, .counts = {}, .reason = why, .not_known = true};
  }

  /// The report of the first step, when the project cannot be had.
  std::optional<StepReport> lock_study(const config::StudyEntry& study, std::optional<StudyLock>& lock) {
    if (context_.stop().stop_requested()) return stopped();
    if (options_.dry_run) return std::nullopt;
    const std::string_view first = steps_.front()->name();
    if (auto report = not_tried(first)) return report;
    const bool graph = std::ranges::any_of(
        steps_, [](const auto& step) { return step->name() == GraphStep::kName && !step->skip_reason(); });
    const log::Scope scope(study.name, study.project.str(), first);
    return with_retries(first, [&]() -> std::optional<StepReport> {
      try {
        lock.emplace(context_, study.project, graph ? DatabaseLock::Need::required : DatabaseLock::Need::if_possible);
        return std::nullopt;
      } catch (const LockedError& error) {  // a run takes long: it is not waited for
        return failure(error);
      }
    });
  }

  StepReport run_step(Step& step, const config::StudyEntry& study) {
    tries_ = 0;  // those for the lock are no tries of the step
    const auto what = [&]() -> std::optional<StepReport> {
      if (context_.stop().stop_requested()) return stopped();
      const unsigned tried = std::exchange(tries_, 0);
      if (std::ranges::find(study.skip, step.name()) != study.skip.end()) {
        return StepReport{
            .outcome = Outcome::skipped, .counts = {}, .reason = "skipped for this study, " + study.origin};
      }
      if (auto why = step.skip_reason()) return StepReport{.outcome = Outcome::skipped, .counts = {}, .reason = *why};
      if (auto report = not_tried(step.name())) return report;
      tries_ = tried;
      attempted_ = true;
      log::debug("{}: {}", study.name, step.name());
      return step.perform(study, options_.dry_run);
    };
    StepReport report = *with_retries(step.name(), what);
    const bool unfinished = report.outcome == Outcome::failed || report.outcome == Outcome::stopped;
    if (unfinished && report.counts.empty()) {
      const std::vector<Count> done = step.done_in_vain(study);
      if (std::ranges::any_of(done, [](const Count& count) { return count.value > 0; })) report.counts = done;
    }
    return report;
  }

  static StepReport stopped() {
    return {.outcome = Outcome::stopped,
            .counts = {},
            .reason = "stopped by a signal; the same command resumes",
            .exit = ExitCode::unavailable};
  }

  /// A report where the studies before have shown that the step's service is down.
  [[nodiscard]] std::optional<StepReport> not_tried(std::string_view step) const {
    const auto known = outages_.find(step);
    if (known == outages_.end() || known->second.studies.size() < kOpensAfter) return std::nullopt;
    StepReport report{.outcome = Outcome::failed,
                      .counts = {},
                      .reason = fmt::format("not tried, because it failed for {}: {}",
                                            fmt::join(known->second.studies, " and "), known->second.reason),
                      .exit = ExitCode::unavailable};
    report.advice = "when the service is back, the next run resumes";
    return report;
  }

  void note(const config::StudyEntry& study, StepLine& line) {
    const auto known = outages_.find(line.step);
    const bool open = known != outages_.end() && known->second.studies.size() >= kOpensAfter;
    if (line.report.outcome == Outcome::failed && line.report.exit == ExitCode::unavailable) {
      if (open) {
        line.cause = known->second.cause;
      } else if (known != outages_.end() && known->second.cause == line.cause) {
        known->second.studies.push_back(study.name);
      } else {
        outages_.insert_or_assign(std::string(line.step), Outage{line.cause, line.report.reason, {study.name}});
      }
    } else if (line.report.outcome == Outcome::done || line.report.outcome == Outcome::unchanged) {
      outages_.erase(std::string(line.step));
    }
  }

  /// The report when this was the last try or a stop came; std::nullopt after the pause, when it is to be tried again.
  std::optional<StepReport> given_up(std::string_view step, const Error& error, std::chrono::milliseconds pause) {
    if (context_.stop().stop_requested()) return stopped();
    // The study before has waited for this service already: one try shows whether it is back.
    const bool waited_before = error.code() == ExitCode::unavailable && outages_.contains(step);
    if (tries_ >= options_.tries || waited_before) return failure(error);
    // Every wait without a terminal: there are few of them, and each is long.
    const log::RetryNotice notice(
        fmt::format("{} {}", step, ++waits_),
        fmt::format("{}: trying again in {}: {} ({})", step, human_duration(pause), error.what(), error.where()));
    if (!wait(pause, context_.stop())) return stopped();
    return std::nullopt;
  }

  /// Does it, again where a service went away or another command holds the project, and makes a report of what is
  /// thrown.
  template <typename Work>
  std::optional<StepReport> with_retries(std::string_view step, const Work& work) {
    auto pause = options_.first_wait;
    for (tries_ = 1;; ++tries_, pause *= 3) {
      try {
        return work();
      } catch (const StoppedError&) {
        return stopped();
      } catch (const UnavailableError& error) {
        if (auto last = given_up(step, error, pause)) return last;
      } catch (const LockedError& error) {
        if (auto last = given_up(step, error, pause)) return last;
      } catch (const Error& error) {
        return failure(error);
      } catch (const std::exception& error) {
        return failure(InternalError(error.what()));
      }
    }
  }

  /// The message when a step has ended. A cause that another study had before is not explained again.
  void tell(const config::StudyEntry& study, const StepLine& line) {
    const StepReport& done = line.report;
    const bool bad = done.outcome == Outcome::failed;
    const bool quiet = done.outcome == Outcome::skipped;
    const std::string counted = in_words(done.counts);
    const log::Level level = bad ? log::Level::error : quiet ? log::Level::debug : log::Level::info;
    std::string first;
    if (bad) {
      const auto open = outages_.find(line.step);
      const bool not_tried = open != outages_.end() && open->second.studies.size() >= kOpensAfter;
      const auto [known, is_new] = told_.try_emplace(not_tried ? open->second.cause : line.cause, study.name);
      if (!is_new) first = known->second;
    }
    if (!log::is_json()) {
      log::write(level,
                 fmt::format("{}: {}: {}{}{}", study.name, line.step, to_string(done.outcome),
                             counted.empty() ? "" : ": " + counted,
                             first.empty() ? "" : fmt::format(", for the same cause as {}", first)),
                 {{"reason", first.empty() ? done.reason : ""},
                  {"used", first.empty() ? in_words(done.used) : ""},
                  {"do", first.empty() ? done.advice : ""}});
      return;
    }
    log::write(level, fmt::format("{}: {}", study.name, line.step),
               {{"study", study.name},
                {"project", study.project.str()},
                {"step", line.step},
                {"outcome", to_string(done.outcome)},
                {"counts", log::Value::json(as_json(done.counts))},
                {"reason", done.reason},
                {"used", in_words(done.used)},
                {"do", done.advice},
                {"same_cause_as", first}});
  }

  const std::vector<std::unique_ptr<Step>>& steps_;
  RunContext& context_;
  const RunOptions& options_;
  unsigned tries_ = 0;                                    ///< of the step at work
  bool attempted_ = false;                                ///< the step at work did something
  unsigned waits_ = 0;                                    ///< before another try, in the whole run
  std::map<std::string, Outage, std::less<>> outages_;    ///< by step: the studies in a row that it failed for
  std::map<std::string, std::string, std::less<>> told_;  ///< cause -> the study that it was told for
};

}  // namespace

std::vector<StudyReport> run(const std::vector<config::StudyEntry>& studies,
                             const std::vector<std::unique_ptr<Step>>& steps, RunContext& context,
                             const RunOptions& options) {
  Runner runner(steps, context, options);
  std::vector<StudyReport> reports;
  reports.reserve(studies.size());
  for (const config::StudyEntry& study : studies) reports.push_back(runner.study(study));
  return reports;
}

}  // namespace etl::run
