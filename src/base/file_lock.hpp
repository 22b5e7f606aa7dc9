#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace etl {

/// Held by one process at a time, on this machine or wherever the folder is shared with its locks; gone with the
/// process, however that ends. The file stays and holds the number of the process that had it last.
class FileLock {
 public:
  /// Makes the file and the folders on the way. LockedError, `what` and the process that holds it, when it is held;
  /// UsageError when the file cannot be made.
  FileLock(const std::filesystem::path& path, const std::string& what);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// What may stand in a file's name, one for one: others become `_`.
[[nodiscard]] std::string as_file_name(std::string_view text);

}  // namespace etl
