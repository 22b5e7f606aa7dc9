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
#include "base/exhausted.hpp"
#include "base/text.hpp"

namespace etl {
namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& path) {
  refuse_if_exhausted(errno, path);
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
    throw LockedError(fmt::format("{}: {}", what, in_words(read_holder(descriptor_.get()))), path.string(),
                      "run again when it has ended");
  }
  if (!write_holder(descriptor_.get())) fail("cannot write the lock", path);
}

ProcessName read_holder(int descriptor) {
  std::array<char, 1024> text{};
  const auto got = ::pread(descriptor, text.data(), text.size(), 0);
  return from_lines({text.data(), got > 0 ? static_cast<std::size_t>(got) : 0});
}

bool write_holder(int descriptor) {
  const std::string text = to_lines(this_process());
  return ::ftruncate(descriptor, 0) == 0 &&
         ::pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

std::string as_file_name(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; }, '_');
  return out;
}

}  // namespace etl
