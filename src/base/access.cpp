#include "base/access.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>

#include "base/unique_fd.hpp"

namespace etl {
namespace {

constexpr mode_t kOwnerOnly = 077;

/// The umask that the program was started with, once make_files_private() replaced it.
std::optional<mode_t>& users_umask() {
  static std::optional<mode_t> mask;
  return mask;
}

/// Of a folder that was just made. Bits that it inherited, such as setgid, stay.
void follow_umask(const std::filesystem::path& folder) {
  const UniqueFd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat about {};
  if (!opened || ::fstat(opened.get(), &about) != 0) return;
  const mode_t inherited = about.st_mode & (S_ISUID | S_ISGID | S_ISVTX);
  // A file system without permissions refuses; the folder is then as its mount says.
  static_cast<void>(::fchmod(opened.get(), inherited | user_mode(S_IRWXU | S_IRWXG | S_IRWXO)) == 0);
}

}  // namespace

void make_files_private() {
  const mode_t mask = ::umask(kOwnerOnly);
  if (!users_umask()) users_umask() = mask;
}

mode_t user_mode(mode_t all) {
  if (users_umask()) return all & ~*users_umask();
  // Unit tests do not go through main(). A umask can only be read by setting it.
  const mode_t mask = ::umask(kOwnerOnly);
  ::umask(mask);
  return all & ~mask;
}

void make_folders(const std::filesystem::path& folder, Access access, std::error_code& error) {
  namespace fs = std::filesystem;
  error.clear();
  if (folder.empty() || fs::is_directory(folder, error)) return error.clear();
  error.clear();
  const fs::path above = folder.parent_path();
  if (above != folder) make_folders(above, access, error);
  if (error || folder.filename().empty()) return;  // "a/b/" is "a/b", which is there now
  if (::mkdir(folder.c_str(), S_IRWXU) == 0) {
    if (access == Access::umask) follow_umask(folder);
    return;
  }
  if (errno != EEXIST || !fs::is_directory(folder)) error = {errno, std::generic_category()};
}

}  // namespace etl
