#include "base/stop_signal.hpp"

#include <ctime>

#include "base/log.hpp"

namespace etl {

StopOnSignal::StopOnSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::jthread([this](const std::stop_token& over) { wait(over); });
}

StopOnSignal::~StopOnSignal() {
  thread_.request_stop();
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void StopOnSignal::wait(const std::stop_token& over) {
  // Woken now and then: no signal tells that the work is over.
  constexpr timespec moment{.tv_sec = 0, .tv_nsec = 100'000'000};
  while (!over.stop_requested()) {
    const int signal = sigtimedwait(&signals_, nullptr, &moment);
    if (signal < 0) continue;
    if (source_.stop_requested()) {
      pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
      raise(signal);
    }
    log::warn("{}: stopping; send it again to end at once", signal == SIGTERM ? "SIGTERM" : "SIGINT");
    source_.request_stop();
  }
}

}  // namespace etl
