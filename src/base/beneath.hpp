#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"

/// Files below a folder, reached without ever leaving it, whatever others do to the folder at the same time.
///
/// A path is resolved here part by part: each part is opened with O_PATH | O_NOFOLLOW relative to the descriptor of the
/// folder before it, symbolic links are read and resolved by the same rules, and `..` in a link goes back to the
/// descriptor that we came from. A folder or link that is swapped on the way can therefore change which file below the
/// root is found, but not lead outside. (openat2() with RESOLVE_BENEATH gives the same guarantee, but it does not say
/// which folders a link went through, which the callers' rules need, and sandboxes such as gVisor do not have it.)
namespace etl {

/// What may be on the way to a file.
struct PathRules {
  enum class Links : unsigned char {
    inside,  ///< symbolic links are followed as long as they stay below the root
    none,    ///< a symbolic link on the way is refused
  };
  Links links = Links::inside;
  /// Parts that begin with a dot are refused, in links as well.
  bool hidden_parts = false;
  /// Missing folders on the way are created for this user alone (mode 0700).
  bool make_folders = false;
  /// Asked about every part that is reached: its path below the root with links resolved, and what it is. Returns the
  /// reason to refuse it, or nothing.
  std::function<std::string(const std::string& path, const struct stat& about)> refuse;
};

/// Where a name below a root leads.
struct Entry {
  enum class Status : unsigned char {
    found,
    absent,      ///< `folder` and `name` are set when only the last part is missing
    leads_out,   ///< a symbolic link leads out of the root
    refused,     ///< by the rules; `reason` says why
    not_folder,  ///< a part on the way is a file
    failed,      ///< the system call failed with `error` (an errno)
  };
  Status status = Status::absent;
  int error = 0;
  std::string reason;
  UniqueFd folder;   ///< the folder that the entry is in (O_PATH); not set when the entry is the root itself
  std::string name;  ///< in that folder
  std::string path;  ///< below the root, links resolved
  struct stat about {};
};

/// A folder that is held open. Safe to use from many threads.
class RootFolder {
 public:
  /// Opens the folder; symbolic links in its own path are followed. Check opened() afterwards: errno says why not.
  explicit RootFolder(const std::filesystem::path& folder);

  [[nodiscard]] bool opened() const noexcept { return static_cast<bool>(descriptor_); }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }
  /// Without symbolic links.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Resolves `name`, which is relative to the root. Nothing is opened for reading; FIFOs and devices are not touched.
  [[nodiscard]] Entry find(std::string_view name, const PathRules& rules) const;

 private:
  class Walk;

  std::filesystem::path path_;
  UniqueFd descriptor_;
};

/// Opens a regular file that find() found, for reading. Not set, with errno, when it cannot be opened or has been
/// replaced in the meantime (ESTALE).
[[nodiscard]] UniqueFd open_regular(const Entry& entry);

/// Opens a file for writing in a folder that is open: created with mode 0600 when it is missing, never through a
/// symbolic link, and only if it is a regular file of this user without further hard links. Otherwise not set, with
/// errno: ELOOP for a link, EEXIST for anything else that is in the way. Do not pass O_TRUNC: it would act before the
/// check.
[[nodiscard]] UniqueFd open_private(int folder, const char* name, int flags);

/// Creates (mode 0700) or opens a folder in a folder that is open, never through a symbolic link. Not set, with errno,
/// when something else has the name, or it belongs to another user (EPERM).
[[nodiscard]] UniqueFd open_private_folder(int folder, const char* name);

}  // namespace etl
