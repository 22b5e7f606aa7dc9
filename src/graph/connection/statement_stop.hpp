#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace etl::graph {

/// When a stop is asked for: cancels the statement that a session is at work on, and lets no other begin. A statement
/// may run for minutes, and the server does not see that its client wants to end.
class StatementStop {
 public:
  StatementStop(PGconn* connection, std::stop_token stop);
  ~StatementStop();
  StatementStop(const StatementStop&) = delete;
  StatementStop& operator=(const StatementStop&) = delete;

  /// Around one statement. Made before requested() is looked at, so that a stop is seen by the one or the other. At its
  /// end no cancel is under way any more: a late one would end the ROLLBACK that follows.
  class Running {
   public:
    explicit Running(StatementStop* stop) : stop_(stop) {
      if (stop_ != nullptr) stop_->running(true);
    }
    ~Running() {
      if (stop_ != nullptr) stop_->running(false);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    StatementStop* stop_;
  };

  [[nodiscard]] bool requested() const { return stop_.stop_requested(); }

 private:
  void running(bool now);
  void cancel();

  struct Free {
    void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
  };
  std::unique_ptr<PGcancel, Free> cancel_;
  std::stop_token stop_;
  std::mutex mutex_;  // held while a cancel is under way
  bool running_ = false;
  std::atomic<bool> over_ = false;
  std::thread thread_;  // begins when a stop is asked for
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace etl::graph
