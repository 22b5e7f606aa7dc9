#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "config/database.hpp"

namespace etl::graph {

class Connection;

/// Looks, through a connection of its own, for what a session waits for and who holds it. It never fails: without an
/// answer nothing is known.
class LockWatch {
 public:
  /// Between two looks.
  static constexpr std::chrono::milliseconds interval = std::chrono::seconds(5);
  /// When to look first: after 5 s, or half-way to a lock timeout that is shorter than twice that.
  [[nodiscard]] static std::chrono::milliseconds first_look(std::chrono::milliseconds lock_timeout);

  /// `pid` is the server process that may wait. Connects only when it looks.
  LockWatch(const config::DatabaseAddress& address, int pid);
  ~LockWatch();
  LockWatch(const LockWatch&) = delete;
  LockWatch& operator=(const LockWatch&) = delete;

  /// "a lock on node_patient, held by psql (pid 71, user etl, idle in transaction, query started 2026-01-31
  /// 10:00:00+00)"; empty when the process does not wait for a lock.
  [[nodiscard]] std::string look() noexcept;

 private:
  const config::DatabaseAddress& address_;
  int pid_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace etl::graph
