#include "base/exhausted.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace etl {
namespace {

namespace fs = std::filesystem;

/// The file system of `path`, or of its nearest parent that exists.
std::optional<struct statvfs> file_system_of(const fs::path& path) {
  std::error_code error;
  fs::path at = fs::absolute(path, error).lexically_normal();
  while (true) {
    struct statvfs found {};
    if (::statvfs(at.c_str(), &found) == 0) return found;
    if (!at.has_relative_path()) return std::nullopt;
    at = at.parent_path();
  }
}

/// What root may use, others may not.
std::uint64_t free_blocks(const struct statvfs& system) { return ::geteuid() == 0 ? system.f_bfree : system.f_bavail; }

std::uint64_t limit_of(__rlimit_resource which) {
  struct rlimit limit {};
  return ::getrlimit(which, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : 0;
}

std::string folder_of(const fs::path& place) {
  std::error_code error;
  const bool file = place.has_parent_path() && !fs::is_directory(place, error);
  return (file ? place.parent_path() : place).string();
}

std::string needs(std::uint64_t needed, std::string_view what) {
  return needed == 0 ? std::string() : fmt::format(", {} needs {}", what, human_bytes(needed));
}

[[noreturn]] void refuse_full(const fs::path& place, std::uint64_t needed, std::string_view what) {
  const auto system = file_system_of(place);
  const std::string folder = folder_of(place);
  if (system && system->f_files > 0 && system->f_favail == 0 && free_blocks(*system) > 0) {
    throw ExhaustedError(fmt::format("disk full: {} has no free inodes, so no file can be made there", folder),
                         place.string(), "remove files there, or name a folder on another disk, then run again");
  }
  const auto left = free_bytes(place);
  throw ExhaustedError(
      fmt::format("disk full: {} has {} free{}", folder, left ? human_bytes(*left) : "nothing", needs(needed, what)),
      place.string(), "make room there, or name a folder on another disk, then run again");
}

void refuse_open_files(int error, const std::string& where) {
  if (error == EMFILE) {
    throw ExhaustedError(
        fmt::format("too many open files: this process may have {} (ulimit -n)", limit_of(RLIMIT_NOFILE)), where,
        "raise the limit (ulimit -n, LimitNOFILE=), or lower limits.pull_jobs and limits.file_jobs, then run again");
  }
  if (error == ENFILE) {
    throw ExhaustedError("too many open files on this machine (fs.file-max)", where,
                         "end what holds them, or raise fs.file-max, then run again");
  }
}

}  // namespace

bool is_exhausted(int error) noexcept {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EMFILE:
    case ENFILE:
      return true;
    case EFBIG:
      return limit_of(RLIMIT_FSIZE) > 0;
    default:
      return false;
  }
}

void refuse_if_exhausted(int error, const fs::path& place, std::uint64_t needed) {
  if (!is_exhausted(error)) return;
  refuse_open_files(error, place.string());
  switch (error) {
    case EDQUOT:
      throw ExhaustedError(fmt::format("disk quota exceeded: {}{}", folder_of(place), needs(needed, "this")),
                           place.string(), "make room within the quota or have it raised, then run again");
    case EROFS:
      throw ExhaustedError(fmt::format("read-only file system: {}", folder_of(place)), place.string(),
                           "mount it writable, or name another folder, then run again");
    case EFBIG:
      throw ExhaustedError(fmt::format("file size limit: this process may write {} to one file (ulimit -f)",
                                       human_bytes(limit_of(RLIMIT_FSIZE))),
                           place.string(), "raise the limit (ulimit -f, LimitFSIZE=), then run again");
    default:
      refuse_full(place, needed, "this");
  }
}

void refuse_exhausted_stream(int error, std::string_view stream) {
  if (!is_exhausted(error)) return;
  refuse_open_files(error, std::string(stream));
  throw ExhaustedError(fmt::format("cannot write: {}", errno_text(error)), std::string(stream),
                       "make room on the disk that it goes to, then run again");
}

void refuse_without_descriptors() {
  const UniqueFd probe(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!probe) refuse_open_files(errno, {});
}

std::optional<std::uint64_t> free_bytes(const fs::path& path) {
  const auto system = file_system_of(path);
  if (!system || system->f_blocks == 0) return std::nullopt;
  return free_blocks(*system) * std::uint64_t{system->f_frsize};
}

void require_writable_disk(const fs::path& folder) {
  const auto system = file_system_of(folder);
  if (!system) return;
  if ((system->f_flag & ST_RDONLY) != 0) refuse_if_exhausted(EROFS, folder);
  if (system->f_blocks > 0 && free_blocks(*system) == 0) refuse_full(folder, 0, {});
}

void refuse_without_space(const fs::path& place, std::uint64_t needed, std::string_view what) {
  refuse_full(place, needed, what);
}

}  // namespace etl
