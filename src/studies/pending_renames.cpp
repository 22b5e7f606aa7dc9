#include "studies/pending_renames.hpp"

#include <utility>

namespace etl::studies {
namespace {

/// What a kill costs at most: they are fetched again.
constexpr std::size_t kMostFiles = 64;
constexpr std::uint64_t kMostBytes = std::uint64_t{32} << 20U;
constexpr std::chrono::seconds kLongest{1};

}  // namespace

void PendingRenames::add(File file) {
  const std::lock_guard lock(mutex_);
  if (files_.empty()) first_ = std::chrono::steady_clock::now();
  bytes_ += file.size;
  files_.push_back(std::move(file));
}

bool PendingRenames::due() {
  const std::lock_guard lock(mutex_);
  return files_.size() >= kMostFiles || bytes_ >= kMostBytes ||
         (!files_.empty() && std::chrono::steady_clock::now() - first_ >= kLongest);
}

void PendingRenames::settle(PullJournal& journal) {
  std::vector<File> files;
  {
    const std::lock_guard lock(mutex_);
    files.swap(files_);
    bytes_ = 0;
  }
  if (files.empty()) return;
  // All are on their way to the disk when the first is waited for, so the others come with it.
  for (const auto& file : files) file.work->start_sync(file.modified);
  std::vector<std::pair<std::string, KnownFile>> there;
  const auto note = [&] {
    journal.put(there);
    for (const auto& [path, known] : there) tally_.fetched(known.size);
  };
  try {
    for (const auto& [wanted, mark, size, modified, work] : files) {
      try {
        const auto kept = work->finish();
        wanted.folder->move_in(wanted.name);
        there.emplace_back(wanted.path(), KnownFile{mark, size, kept});
      } catch (const UnavailableError&) {
        throw;
      } catch (const Error& error) {
        failed_(wanted, error);
      }
    }
  } catch (...) {
    note();
    throw;
  }
  note();
}

}  // namespace etl::studies
