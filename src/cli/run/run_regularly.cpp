#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include "base/log.hpp"
#include "cli/lib/print.hpp"
#include "cli/run/run_parts.hpp"
#include "config/folder.hpp"
#include "run/journal.hpp"

namespace etl::cli {
namespace {

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

}  // namespace

void run_regularly(Context& context, const RunArguments& arguments, const std::stop_token& stop) {
  const run::Schedule schedule{.every = arguments.every, .jitter = arguments.jitter};
  std::mt19937 dice{std::random_device{}()};
  const auto state_dir = config::folder(context.settings, "state_dir");
  // The first time nothing is forgiven: whoever starts it wants to know.
  context.settings.check();
  run::RunContext run_context(context.settings, stop);
  static_cast<void>(chosen_studies(context.settings, arguments));
  static_cast<void>(chosen_steps(run_context, arguments));
  while (true) {
    const auto due = schedule.next(run::Journal(state_dir).last_begin(arguments.name()), now(),
                                   std::uniform_real_distribution<double>(0, 1)(dice));
    if (due > now()) log::info("the next run is due at {:%Y-%m-%d %H:%M:%S} UTC", due);
    if (!wait_until(due, stop)) return;
    try {
      context.settings.reload();
      context.exit = run_once(context, context.settings, arguments, stop);
    } catch (const Error& error) {
      log::write(log::Level::error, fmt::format("the run did not start: {}", error.what()),
                 {{"at", error.where()}, {"do", error.hint()}});
      context.exit = error.code();
      if (context.output != Output::table) {
        print_result(context,
                     nlohmann::ordered_json{{"error", error.what()}, {"exit", static_cast<int>(error.code())}});
      }
      run::Journal journal(state_dir);
      journal.note_begin(arguments.name(), now());
      journal.note_end(arguments.name());
    }
    if (stop.stop_requested()) return;
  }
}

}  // namespace etl::cli
