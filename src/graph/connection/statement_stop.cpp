#include "graph/connection/statement_stop.hpp"

#include <array>
#include <chrono>
#include <utility>

namespace etl::graph {

StatementStop::StatementStop(PGconn* connection, std::stop_token stop)
    : cancel_(PQgetCancel(connection)), stop_(std::move(stop)) {
  on_stop_.emplace(stop_, [this] { thread_ = std::thread([this] { cancel(); }); });
}

StatementStop::~StatementStop() {
  over_ = true;
  on_stop_.reset();  // from here on no thread begins
  if (thread_.joinable()) thread_.join();
}

void StatementStop::running(bool now) {
  const std::lock_guard lock(mutex_);
  running_ = now;
}

/// Again and again: a cancel that comes before its statement does nothing. PQcancel returns when the server has passed
/// it on to the session, which forgets it when it is between two statements.
void StatementStop::cancel() {
  std::array<char, 256> error{};
  while (!over_) {
    {
      const std::lock_guard lock(mutex_);
      if (running_ && cancel_) PQcancel(cancel_.get(), error.data(), static_cast<int>(error.size()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace etl::graph
