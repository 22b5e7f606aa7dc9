#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/process_name.hpp"
#include "base/unique_fd.hpp"

namespace etl {

/// Held by one process at a time, on this machine or wherever the folder is shared with its locks; gone with the
/// process, however that ends. The file stays and says who had it last.
class FileLock {
 public:
  /// Makes the file (for this user alone) and the folders on the way. LockedError, `what` and the process that holds
  /// it, when it is held; UsageError when the file cannot be made, or when a symbolic link or something else than a
  /// regular file of this user has its name: nothing is written then.
  FileLock(const std::filesystem::path& path, const std::string& what);

 private:
  UniqueFd descriptor_;
};

/// Writes this process into an open file, and reads who wrote there last: what a lock file holds. False when it cannot
/// be written, with `errno`.
[[nodiscard]] bool write_holder(int descriptor);
[[nodiscard]] ProcessName read_holder(int descriptor);

/// What may stand in a file's name, one for one: others become `_`.
[[nodiscard]] std::string as_file_name(std::string_view text);

}  // namespace etl
