#include "run/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/log.hpp"
#include "base/text.hpp"
#include "run/graph_step.hpp"
#include "run/study_lock.hpp"

namespace etl::run {
namespace {

using Clock = std::chrono::steady_clock;

StepReport failure(const Error& error) {
  StepReport report{.outcome = Outcome::failed, .counts = {}, .reason = error.what(), .exit = error.code()};
  report.advice = error.hint();
  if (!error.where().empty()) report.reason += fmt::format(" ({})", error.where());
  return report;
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
  Runner(const std::vector<std::unique_ptr<Step>>& steps, Workplace& workplace, const RunOptions& options)
      : steps_(steps), workplace_(workplace), options_(options) {}

  StudyReport study(const config::StudyEntry& study) {
    StudyReport report{.study = study.name, .project = study.project, .steps = {}};
    std::optional<StudyLock> lock;
    std::optional<StepReport> refused = lock_study(study, lock);
    bool ended = false;
    std::string unknown;
    for (const auto& step : steps_) {
      const Clock::time_point start = Clock::now();
      StepReport done = refused            ? *std::exchange(refused, std::nullopt)
                        : ended            ? StepReport{.outcome = Outcome::not_reached}
                        : !unknown.empty() ? StepReport{.outcome = Outcome::skipped, .counts = {}, .reason = unknown}
                                           : one(*step, study);
      ended = ended || done.outcome == Outcome::failed || done.outcome == Outcome::stopped;
      if (done.outcome == Outcome::planned && step->feeds_others()) {
        unknown = fmt::format("known after `aced-etl run {} --only {}`", study.name, step->name());
      }
      if (done.outcome != Outcome::not_reached) tell(study, *step, done);
      report.steps.push_back({step->name(), std::move(done), Clock::now() - start});
    }
    return report;
  }

 private:
  /// The report of the first step, when the project cannot be had.
  std::optional<StepReport> lock_study(const config::StudyEntry& study, std::optional<StudyLock>& lock) {
    if (workplace_.stop().stop_requested()) return stopped();
    if (options_.dry_run) return std::nullopt;
    const bool graph =
        std::ranges::any_of(steps_, [](const auto& step) { return step->name() == GraphStep::kName && !step->idle(); });
    return guarded([&]() -> std::optional<StepReport> {
      try {
        lock.emplace(workplace_, study.project, graph);
        return std::nullopt;
      } catch (const LockedError& error) {  // a run takes long: it is not waited for
        return failure(error);
      }
    });
  }

  StepReport one(Step& step, const config::StudyEntry& study) {
    const auto what = [&]() -> std::optional<StepReport> {
      if (workplace_.stop().stop_requested()) return stopped();
      if (std::ranges::find(study.skip, step.name()) != study.skip.end()) {
        return StepReport{
            .outcome = Outcome::skipped, .counts = {}, .reason = "skipped for this study, " + study.origin};
      }
      if (auto why = step.idle()) return StepReport{.outcome = Outcome::skipped, .counts = {}, .reason = *why};
      log::debug("{}: {}", study.name, step.name());
      return step.perform(study, options_.dry_run);
    };
    return *guarded(what);
  }

  static StepReport stopped() {
    return {.outcome = Outcome::stopped,
            .counts = {},
            .reason = "asked to stop; the same command goes on",
            .exit = ExitCode::unavailable};
  }

  /// The report when this was the last try or a stop came; std::nullopt after the pause, when it is to be tried again.
  std::optional<StepReport> given_up(const Error& error, unsigned tried, std::chrono::milliseconds pause) {
    if (workplace_.stop().stop_requested()) return stopped();
    if (tried >= options_.tries) return failure(error);
    log::warn("{} ({}); trying again in {}", error.what(), error.where(), human_duration(pause));
    if (!wait(pause, workplace_.stop())) return stopped();
    return std::nullopt;
  }

  /// Does it, again where a service went away or another command holds the project, and makes a report of what is
  /// thrown.
  template <typename Work>
  std::optional<StepReport> guarded(const Work& work) {
    auto pause = options_.first_wait;
    for (unsigned tried = 1;; ++tried, pause *= 3) {
      try {
        return work();
      } catch (const StoppedError&) {
        return stopped();
      } catch (const UnavailableError& error) {
        if (auto last = given_up(error, tried, pause)) return last;
      } catch (const LockedError& error) {
        if (auto last = given_up(error, tried, pause)) return last;
      } catch (const Error& error) {
        return failure(error);
      } catch (const std::exception& error) {
        return failure(FaultError(error.what()));
      }
    }
  }

  static void tell(const config::StudyEntry& study, const Step& step, const StepReport& done) {
    const bool bad = done.outcome == Outcome::failed;
    const bool quiet = done.outcome == Outcome::skipped;
    const std::string counted = in_words(done.counts);
    const log::Level level = bad ? log::Level::error : quiet ? log::Level::debug : log::Level::info;
    if (!log::is_json()) {
      log::write(level,
                 fmt::format("{}: {}: {}{}", study.name, step.name(), to_string(done.outcome),
                             counted.empty() ? "" : ": " + counted),
                 {{"reason", done.reason}, {"do", done.advice}});
      return;
    }
    log::write(level, fmt::format("{}: {}", study.name, step.name()),
               {{"study", study.name},
                {"project", study.project.str()},
                {"step", step.name()},
                {"outcome", to_string(done.outcome)},
                {"counts", counted},
                {"reason", done.reason},
                {"do", done.advice}});
  }

  const std::vector<std::unique_ptr<Step>>& steps_;
  Workplace& workplace_;
  const RunOptions& options_;
};

}  // namespace

std::vector<StudyReport> run(const std::vector<config::StudyEntry>& studies,
                             const std::vector<std::unique_ptr<Step>>& steps, Workplace& workplace,
                             const RunOptions& options) {
  Runner runner(steps, workplace, options);
  std::vector<StudyReport> reports;
  reports.reserve(studies.size());
  for (const config::StudyEntry& study : studies) reports.push_back(runner.study(study));
  return reports;
}

}  // namespace etl::run
