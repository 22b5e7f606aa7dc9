#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/sqlite.hpp"

namespace etl::studies {

/// What is known of a local file: which object's bytes it holds.
struct KnownFile {
  std::string etag;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< of the file when it was put there: a later one means that someone wrote to it
};

/// What later pulls have to know of earlier ones, in `state_dir`/studies.db. Paths are whole and without symbolic
/// links. Every call is committed when it returns. Safe to use from many threads.
class PullJournal {
 public:
  /// Throws as sqlite::Database does.
  explicit PullJournal(const std::filesystem::path& state_dir);

  [[nodiscard]] std::optional<KnownFile> find(const std::string& path);
  /// The file is there, whole.
  void put(const std::string& path, const KnownFile& file);
  /// All of them, or none.
  void put(const std::vector<std::pair<std::string, KnownFile>>& files);
  void forget(const std::vector<std::string>& paths);

  /// The parts (from 0) of an object that are in its work file already. Nothing when the work file held something else
  /// until now: another object, parts of another size, or bytes that a crash of the machine may have lost (parts are
  /// not synced one by one, so they count only until the next boot).
  [[nodiscard]] std::vector<std::uint64_t> begin_parts(const std::string& path, const KnownFile& object,
                                                       std::uint64_t part_bytes, bool work_file_is_there);
  void part_done(const std::string& path, std::uint64_t part);

  /// Work that was begun below `folder` (with '/' at its end) and is not done.
  [[nodiscard]] std::vector<std::string> unfinished(const std::string& folder);
  void forget_parts(const std::string& path);

  /// For --delete: which files the source still has.
  void mark_present(const std::string& path);
  /// The known files below `folder` (with '/' at its end) that were not marked, in order.
  [[nodiscard]] std::vector<std::pair<std::string, KnownFile>> absent(const std::string& folder);

 private:
  std::mutex mutex_;
  sqlite::Database database_;
  std::string boot_;
  sqlite::Statement find_;
  sqlite::Statement put_;
  sqlite::Statement part_done_;
  sqlite::Statement mark_;
};

}  // namespace etl::studies
