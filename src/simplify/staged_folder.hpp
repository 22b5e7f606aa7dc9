#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"

namespace etl::simplify {

/// A folder that takes the place of another one in a single step. New files are written into a hidden folder beside it,
/// `.NAME.aced-etl-XXXXXX`; publish() brings everything to the disk and exchanges the two (renameat2 with
/// RENAME_EXCHANGE), so that whoever looks sees all old files or all new ones, also after a kill or a power cut. What
/// the old folder holds under other names is kept: the new one has hard links to it.
///
/// The hidden folder is locked while its process lives. One whose process was killed is removed by the next run.
class StagedFolder {
 public:
  /// Removes what killed runs have left beside `folder`.
  static void clean(const std::filesystem::path& folder);

  /// Makes the hidden folder for `folder`, which must exist. std::nullopt where the two cannot be exchanged, and files
  /// have to be put in their places one by one; `why` is then the reason: `folder` is a mount point, the current
  /// folder or above it, or has an access control list; its parent cannot be written; something in it is neither a
  /// file nor a link, or a link has the name of a file of records.
  [[nodiscard]] static std::optional<StagedFolder> make(const std::filesystem::path& folder, std::string& why);

  StagedFolder(StagedFolder&&) noexcept = default;
  StagedFolder& operator=(StagedFolder&&) = delete;
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;
  ~StagedFolder();  ///< removes what was not published

  /// Where the new files are to be written.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Puts the new files, which must be complete and on the disk, in their places. Each gets the permissions of the file
  /// that it replaces. On a file system that cannot exchange folders the files are renamed one by one. UnavailableError
  /// when the disk fails.
  void publish(const std::vector<std::string>& names);

 private:
  StagedFolder(std::filesystem::path folder, std::filesystem::path path, UniqueFd descriptor)
      : folder_(std::move(folder)), path_(std::move(path)), descriptor_(std::move(descriptor)) {}

  std::filesystem::path folder_;
  std::filesystem::path path_;
  UniqueFd descriptor_;  ///< of the hidden folder; holds its lock. None after a move
};

}  // namespace etl::simplify
