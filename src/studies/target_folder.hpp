#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace etl::studies {

/// A regular file as it is on disk.
struct LocalFile {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since 1970
};

/// The folder that a pull writes below, held by one pull at a time. Names are relative, with '/', and have passed
/// refusal(). Safe to use from many threads.
class TargetFolder {
 public:
  /// Makes the folder. LockedError when another pull holds it, UsageError when it cannot be made or written.
  /// `look_only`: nothing is made or held (a dry run); the folder may be missing.
  TargetFolder(const std::filesystem::path& folder, bool look_only);
  ~TargetFolder();
  TargetFolder(const TargetFolder&) = delete;
  TargetFolder& operator=(const TargetFolder&) = delete;

  /// Nothing when no file has this name. RefusedError when a symbolic link on the way leads out of the folder, or
  /// something else than a file or folder stands there.
  [[nodiscard]] std::optional<LocalFile> look(const std::string& name);
  /// Where the bytes of `name` gather until they are whole; the same in every run.
  [[nodiscard]] std::filesystem::path work_file(const std::string& name) const;
  /// Puts a whole and synced file in its place; makes the folders on the way. Throws as look() does, and UsageError
  /// when the file system says no.
  void move_in(const std::filesystem::path& from, const std::string& name);
  /// Removes a file, and the folders that are empty then.
  void remove(const std::string& name);
  /// Removes work files that are left over, those of `keep` not, and their folder when it is empty.
  void tidy(const std::vector<std::string>& keep);

  [[nodiscard]] std::filesystem::path path_of(const std::string& name) const { return folder_ / name; }
  /// Without symbolic links.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  void check_way(const std::filesystem::path& parent);

  std::filesystem::path folder_;
  int descriptor_ = -1;
  std::mutex mutex_;
  std::filesystem::path checked_;  ///< the parent that check_way() found good last
};

}  // namespace etl::studies
