#pragma once

#include <csignal>

#include <stop_token>
#include <thread>

namespace etl {

/// While one lives, SIGTERM and SIGINT ask the work to stop instead of ending the process; a second signal ends it.
/// Make it before any other thread: those made later inherit that the signals are blocked.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  void wait(const std::stop_token& over);

  sigset_t signals_{};
  sigset_t before_{};
  std::stop_source source_;
  std::jthread thread_;
};

}  // namespace etl
