#pragma once

#include <sys/types.h>

#include <filesystem>
#include <system_error>

namespace etl {

/// Who may read a file or folder that the program makes. Whatever exists already keeps its permissions.
enum class Access : unsigned char {
  owner,  ///< its owner alone: files 0600, folders 0700. State, and data that was pulled or downloaded
  umask,  ///< as the user's umask says. Results whose place the user names
};

/// Called once, at the start of main(), before there are threads: from then on everything is made for its owner alone
/// unless Access::umask is asked for explicitly.
void make_files_private();

/// The permissions that the user's umask gives new files (of 0666) or folders (of 0777).
[[nodiscard]] mode_t user_mode(mode_t all);

/// As std::filesystem::create_directories(): `folder` and those above it that are missing.
void make_folders(const std::filesystem::path& folder, Access access, std::error_code& error);

}  // namespace etl
