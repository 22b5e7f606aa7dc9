#include "base/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>

#include "base/access.hpp"
#include "base/beneath.hpp"
#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace etl {
namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& path) {
  throw UsageError(fmt::format("{}: {}", what, errno_text(errno)), path.string(),
                   "name a folder that this user may write to: --state-dir, $ACED_ETL_STATE_DIR");
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path, const std::string& what) {
  std::error_code error;
  make_folders(path.parent_path(), Access::owner, error);
  descriptor_ = open_private(AT_FDCWD, path.c_str(), O_RDWR);
  if (!descriptor_) {
    if (errno != ELOOP && errno != EEXIST && errno != EISDIR && errno != ENXIO) fail("cannot make the lock", path);
    throw UsageError("a symbolic link, or something else than a file of this user, has the name of a lock",
                     path.string(), "look at what it is and who put it there, then remove it");
  }
  if (::flock(descriptor_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail("the file system does not lock", path);
    std::array<char, 32> text{};
    const auto got = ::pread(descriptor_.get(), text.data(), text.size(), 0);
    const std::string_view pid = trim({text.data(), got > 0 ? static_cast<std::size_t>(got) : 0});
    throw LockedError(fmt::format("{}: process {}", what, pid.empty() ? "unknown" : printable(pid)), path.string(),
                      "run again when it has ended");
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor_.get(), 0) != 0 || ::pwrite(descriptor_.get(), pid.data(), pid.size(), 0) < 0) {
    fail("cannot write the lock", path);
  }
}

std::string as_file_name(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; }, '_');
  return out;
}

}  // namespace etl
