#include "base/waiting.hpp"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/log.hpp"

namespace etl {

/// The waits at hand, and the thread that watches them; it begins with the first wait.
class WaitWatch {
 public:
  static WaitWatch& instance() {
    static WaitWatch watch;
    return watch;
  }

  ~WaitWatch() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void add(Waiting* wait) {
    const std::lock_guard lock(mutex_);
    waits_.push_back(wait);
    if (!thread_.joinable()) start();
    if (idle_) changed_.notify_all();  // else it looks within a second; waits are many and most of them short
  }

  void remove(Waiting* wait) {
    const std::lock_guard lock(mutex_);
    std::erase(waits_, wait);
  }

 private:
  /// Signals are the other threads' business: one that comes here would end the program without its handling.
  void start() {
    sigset_t all{};
    sigset_t before{};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      thread_ = std::thread([this] { watch(); });
    } catch (const std::system_error& error) {
      log::debug("cannot watch for long waits: {}", error.what());
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void watch() {
    std::unique_lock lock(mutex_);
    while (!over_) {
      if (waits_.empty()) {
        idle_ = true;
        changed_.wait(lock);
        idle_ = false;
        continue;
      }
      changed_.wait_for(lock, std::chrono::seconds(1));
      const auto now = Waiting::Clock::now();
      for (Waiting* wait : waits_) look(*wait, now);
    }
  }

  static void look(Waiting& wait, Waiting::Clock::time_point now) {
    const auto silence = now.time_since_epoch() - Waiting::Clock::duration(wait.last_.load(std::memory_order_relaxed));
    if (silence < wait.told_) wait.told_ = {};  // something came in between
    const Waiting::Clock::duration due =
        wait.told_ == Waiting::Clock::duration{} ? Waiting::patience : wait.told_ + Waiting::interval;
    if (silence < due) return;
    wait.told_ = silence;
    log::info("{}: no answer for {} s; still waiting", wait.what_,
              std::chrono::duration_cast<std::chrono::seconds>(silence).count());
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting*> waits_;
  bool idle_ = false;  ///< the thread sleeps until there is a wait
  bool over_ = false;
  std::thread thread_;
};

Waiting::Waiting(std::string what) : what_(std::move(what)), last_(Clock::now().time_since_epoch().count()) {
  WaitWatch::instance().add(this);
}

Waiting::~Waiting() { WaitWatch::instance().remove(this); }

}  // namespace etl
