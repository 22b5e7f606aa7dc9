#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "studies/pull_journal.hpp"
#include "studies/ranged_file.hpp"
#include "studies/work_file.hpp"

namespace etl::studies {

/// Small objects that have come whole and wait to be moved into their places. That is done for many at once: the file
/// system then brings them to the disk together, and the journal is written once. Safe to use from many threads.
class PendingRenames {
 public:
  struct File {
    Wanted wanted;
    std::string mark;  ///< of the object as it came
    std::uint64_t size = 0;
    s3::TimePoint modified;
    std::unique_ptr<WorkFile> work;
  };
  using Failed = std::function<void(const Wanted& wanted, const Error& error)>;

  /// `failed` is told of a file that cannot be put into its place.
  PendingRenames(PullTally& tally, Failed failed) : tally_(tally), failed_(std::move(failed)) {}

  void add(File file);
  /// Are there so many, or do they wait for so long, that they should be settled?
  [[nodiscard]] bool due();
  /// Syncs all that have come, moves them into their places, and notes them. UnavailableError when the disk fails:
  /// then none of those that are not in place yet is noted.
  void settle(PullJournal& journal);

 private:
  PullTally& tally_;
  Failed failed_;
  std::mutex mutex_;
  std::vector<File> files_;
  std::uint64_t bytes_ = 0;
  std::chrono::steady_clock::time_point first_;
};

}  // namespace etl::studies
