#pragma once

#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <vector>

#include "s3/client.hpp"
#include "studies/pull_journal.hpp"
#include "studies/pull_tally.hpp"
#include "studies/target_folder.hpp"
#include "studies/work_file.hpp"

namespace etl::studies {

/// An object that is to become a file.
struct Wanted {
  std::string key;
  TargetFolder* folder = nullptr;
  std::string name;  ///< below the folder
  std::uint64_t size = 0;
  std::string etag;  ///< without quotes; may be empty
  s3::TimePoint modified;
  bool same_size = false;  ///< a file of this size is there, of which nothing is known
  unsigned restarts = 0;   ///< because the object changed

  [[nodiscard]] std::string path() const { return folder->path_of(name).string(); }
  /// What the journal knows the object by.
  [[nodiscard]] std::string mark() const;
};

/// A large object on its way, in ranges, fetched by whoever has time. Safe to use from many threads.
class RangedFile {
 public:
  /// Goes on with what an earlier run has left.
  RangedFile(Wanted wanted, std::uint64_t part_bytes, PullJournal& journal, PullTally& tally);

  /// A part that nobody has; it must be settled. Nothing when there is none left, or one has failed.
  [[nodiscard]] std::optional<std::uint64_t> claim();
  /// Throws as Client::get() does.
  void fetch(s3::Client& client, const std::string& bucket, std::uint64_t part);
  /// The part is done, or has failed. True for the last one: its caller finishes the file, or gives it up.
  [[nodiscard]] bool settle(std::exception_ptr failure);

  /// What the first part that failed failed of; null when all are done.
  [[nodiscard]] std::exception_ptr failure() const { return failure_; }
  /// Moves the file into its place.
  void finish();
  [[nodiscard]] const Wanted& wanted() const { return wanted_; }

 private:
  /// To the next part that no earlier run has brought.
  void skip_done();

  Wanted wanted_;
  std::uint64_t part_bytes_;
  PullJournal& journal_;
  PullTally& tally_;
  std::optional<WorkFile> file_;

  std::mutex mutex_;
  const std::uint64_t parts_;
  std::vector<std::uint64_t>
      done_;                ///< parts of an earlier run, sorted; not a list of what is missing, which may be long
  std::uint64_t next_ = 0;  ///< the first part that nobody has claimed
  std::size_t on_the_way_ = 0;
  std::exception_ptr failure_;
};

}  // namespace etl::studies
