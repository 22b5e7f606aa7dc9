#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "graph/connection/connection.hpp"

namespace etl::graph {

/// Brings what waits in the pending lists of GIN indexes into the indexes, on a session and a thread of its own, while
/// the load goes on with other tables. The lists are physical: what is in them may be moved before the load commits,
/// and if it never does it is garbage like its rows. Nothing of it matters to the load's outcome: what fails is left to
/// autovacuum.
class IndexCleaner {
 public:
  /// `connect` makes the session, on the thread; empty: do nothing.
  explicit IndexCleaner(std::function<Connection()> connect);
  /// Waits for what was added.
  ~IndexCleaner();
  IndexCleaner(const IndexCleaner&) = delete;
  IndexCleaner& operator=(const IndexCleaner&) = delete;

  /// All rows for this table have been written.
  void add(const std::string& table);

 private:
  void work();

  std::function<Connection()> connect_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> tables_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace etl::graph
