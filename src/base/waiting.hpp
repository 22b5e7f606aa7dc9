#pragma once

#include <atomic>
#include <chrono>
#include <string>

namespace etl {

/// Covers a wait for a service or server. When nothing comes for 10 seconds, a message says what is waited for, and
/// again after every further minute of silence, so that nobody takes a blocked service for a program that hangs.
///
/// One background thread watches all waits of the process. To begin and end one costs a lock; moved() costs a look at
/// the clock.
class Waiting {
 public:
  using Clock = std::chrono::steady_clock;

  /// `what` is for people: "GET https://commons.example.org/user/user", "database graph at db:5432: COMMIT".
  explicit Waiting(std::string what);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  /// Something came or went, or the silence is explained by another message: it begins anew.
  void moved() noexcept { last_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed); }

  static constexpr std::chrono::seconds patience{10};
  static constexpr std::chrono::seconds interval{60};

 private:
  friend class WaitWatch;
  std::string what_;
  std::atomic<Clock::rep> last_;
  Clock::duration told_{};  ///< the silence at the last message; of the background thread
};

}  // namespace etl
