#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "s3/client.hpp"
#include "studies/pending_renames.hpp"
#include "studies/ranged_file.hpp"

namespace etl::studies {

/// The threads that fetch. An object that fails is told to the tally; what ends the whole pull (no service, no room, a
/// signal) is thrown by push() or wait().
class PullPool {
 public:
  struct Work {
    s3::Client& client;
    std::string bucket;
    PullJournal* journal = nullptr;  ///< null in a dry run without one
    PullTally& tally;
    std::uint64_t part_bytes = 0;
    bool dry_run = false;
  };

  /// `ending` is asked to stop when one thread meets what ends all: then the others' requests end, too.
  PullPool(Work work, unsigned threads, std::stop_source ending);
  ~PullPool();
  PullPool(const PullPool&) = delete;
  PullPool& operator=(const PullPool&) = delete;

  /// Waits while much is queued.
  void push(Wanted wanted);
  /// Until all that was pushed is in its place; more may be pushed then.
  void wait();
  /// Ends what is on its way and drops the rest, but keeps what has come; nothing is at work any more when it returns.
  void abandon();

 private:
  struct Task {
    std::optional<Wanted> object;
    std::shared_ptr<RangedFile> ranged;
    std::uint64_t part = 0;
  };

  void run();
  void work(Task task);
  [[nodiscard]] bool nothing_waits();
  void settle();
  [[nodiscard]] std::optional<Task> next();
  [[nodiscard]] bool take(Task& task);
  void done();
  void end(std::exception_ptr why);
  void throw_if_ended();

  void object(const Wanted& wanted);
  void fetch_or_tell(const Wanted& wanted);
  void whole(const Wanted& wanted);
  void part(RangedFile& file, std::uint64_t number);
  void failed(const Wanted& wanted, const Error& error);
  [[nodiscard]] std::optional<Wanted> changed(const Wanted& wanted);
  [[nodiscard]] bool adopt(const Wanted& wanted);

  Work work_;
  std::stop_source ending_;
  PendingRenames pending_renames_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Wanted> queue_;
  std::deque<std::shared_ptr<RangedFile>> ranged_;
  std::size_t busy_ = 0;
  bool full_ = false;  ///< push() waits
  bool closed_ = false;
  std::exception_ptr ended_;
  std::vector<std::jthread> threads_;
};

}  // namespace etl::studies
