#include "run/run_regularly.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include "base/log.hpp"
#include "config/folder.hpp"
#include "run/journal.hpp"

namespace etl::run {
namespace {

/// False when a stop came first.
bool wait_until(Schedule::Time due, const std::stop_token& stop) {
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

}  // namespace

Schedule::Time now() { return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()); }

ExitCode run_regularly(config::Settings& settings, const RunRequest& request, const Schedule& schedule,
                       const RegularRun& regular, const std::stop_token& stop) {
  std::mt19937 dice{std::random_device{}()};
  const auto state_dir = config::folder(settings, "state_dir");
  settings.check();
  RunContext context(settings, stop);
  static_cast<void>(chosen_studies(settings, request));
  static_cast<void>(chosen_steps(context, request));
  ExitCode exit = ExitCode::done;
  while (true) {
    const auto due = schedule.next(Journal(state_dir).last_begin(request.name()), now(),
                                   std::uniform_real_distribution<double>(0, 1)(dice));
    if (due > now()) log::info("the next run is due at {:%Y-%m-%d %H:%M:%S} UTC", due);
    if (!wait_until(due, stop)) return exit;
    try {
      settings.reload();
      exit = regular.run();
    } catch (const Error& error) {
      exit = error.code();
      regular.on_not_begun(error);
      Journal journal(state_dir);
      journal.note_begin(request.name(), now());
      journal.note_end(request.name());
    }
    if (stop.stop_requested()) return exit;
  }
}

}  // namespace etl::run
