#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/beneath.hpp"
#include "base/unique_fd.hpp"

namespace etl::studies {

/// A regular file as it is on disk.
struct LocalFile {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since 1970
};

/// The folder that a pull writes below, held by one pull at a time. Names are relative, with '/', and have passed
/// refusal(). Everything is reached through descriptors of folders (base/beneath.hpp), so a symbolic link, whenever it
/// is put there, never makes a pull write or remove anything outside of the folder. Safe to use from many threads.
class TargetFolder {
 public:
  /// Makes the folder. LockedError when another pull holds it, UsageError when it cannot be made or written, or when
  /// the name of the work folder belongs to something else than a folder of this user.
  /// `look_only`: nothing is made or held (a dry run); the folder may be missing.
  TargetFolder(const std::filesystem::path& folder, bool look_only);
  ~TargetFolder();
  TargetFolder(const TargetFolder&) = delete;
  TargetFolder& operator=(const TargetFolder&) = delete;

  /// Nothing when no file has this name. RefusedError when a symbolic link on the way leads out of the folder, or
  /// something else than a file or folder is in the way.
  [[nodiscard]] std::optional<LocalFile> look(const std::string& name) const;
  /// Opens, or creates, the file in which the bytes of `name` are collected until it is complete; it is the same in
  /// every run. RefusedError when something else than a file of this user has its name: a link, for example.
  [[nodiscard]] UniqueFd open_work_file(const std::string& name) const;
  [[nodiscard]] std::optional<std::uint64_t> work_file_size(const std::string& name) const;
  /// The bytes of disk that the work file of an earlier pull takes already; 0 without one.
  [[nodiscard]] std::uint64_t work_file_bytes(const std::string& name) const;
  void remove_work_file(const std::string& name) const;
  /// Of the work file, for messages.
  [[nodiscard]] std::filesystem::path work_path(const std::string& name) const;
  /// Moves a complete and synced work file into its place; makes the folders on the way. Throws as look() does, and
  /// UsageError when the file system does not allow it.
  void move_in(const std::string& name) const;
  /// Removes a file, and the folders that are empty then.
  void remove(const std::string& name) const;
  /// Removes all work files but those of `keep`, and their folder when it is empty.
  void tidy(const std::vector<std::string>& keep);

  [[nodiscard]] std::filesystem::path path_of(const std::string& name) const { return folder_ / name; }
  /// Without symbolic links.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  /// The folder that `name` is in. Not set when it is missing; created on request.
  [[nodiscard]] UniqueFd parent_of(const std::string& name, bool make) const;
  void open_work_folder();
  void lock();

  std::filesystem::path folder_;
  std::optional<RootFolder> root_;  ///< not set as long as the folder is missing (look_only)
  UniqueFd lock_;
  bool holds_ = false;  ///< the lock is ours, and so is the file that says so
  UniqueFd work_;
};

}  // namespace etl::studies
