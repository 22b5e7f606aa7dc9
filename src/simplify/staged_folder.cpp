#include "simplify/staged_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"
#include "base/log.hpp"

namespace etl::simplify {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view what, const fs::path& where, int error = errno) {
  refuse_if_exhausted(error, where);
  throw UnavailableError(fmt::format("{}: {}", what, std::generic_category().message(error)), where.string(),
                         "check the disk, then run again");
}

std::string prefix_of(const fs::path& folder) { return fmt::format(".{}.aced-etl-", folder.filename().string()); }

/// Without the symbolic links and the `/` at its end, so that it has a name and a parent.
std::optional<fs::path> real(const fs::path& folder) {
  std::error_code error;
  fs::path found = fs::canonical(folder, error);
  if (error || !found.has_filename()) return std::nullopt;
  return found;
}

/// A file of records, as far as the name tells: Patient.ndjson.
bool names_records(const std::string& name) {
  constexpr std::string_view extension = ".ndjson";
  if (!name.ends_with(extension) || name.size() == extension.size()) return false;
  return std::all_of(name.begin(), name.end() - static_cast<std::ptrdiff_t>(extension.size()), is_ascii_letter);
}

void sync(int descriptor, const fs::path& path) {
  if (::fsync(descriptor) != 0 && errno != EINVAL) fail("cannot flush the folder to disk", path);
}

void sync_folder(const fs::path& folder) {
  const UniqueFd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() >= 0) sync(opened.get(), folder);
}

/// Removes a hidden folder, which nobody uses any more. What it alone holds and no run of ours has written came into
/// the old folder while the two were exchanged: it goes where it was meant to be.
void remove_hidden(const fs::path& hidden, const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(hidden, error), end; !error && entry != end; entry.increment(error))
    entries.push_back(entry->path());
  for (const fs::path& entry : entries) {
    const std::string name = entry.filename().string();
    const bool is_folder = fs::is_directory(fs::symlink_status(entry, error));
    const bool written_here =
        names_records(name) || (name.starts_with('.') && name.find(".ndjson.") != std::string::npos);
    const bool elsewhere_too = !is_folder && fs::hard_link_count(entry, error) > 1;
    if (!written_here && !elsewhere_too &&
        ::renameat2(AT_FDCWD, entry.c_str(), AT_FDCWD, (folder / name).c_str(), RENAME_NOREPLACE) == 0) {
      continue;
    }
    if (!is_folder) ::unlink(entry.c_str());
  }
  if (::rmdir(hidden.c_str()) != 0 && errno != ENOENT)
    log::warn("cannot remove {}: {}", hidden.string(), std::generic_category().message(errno));
}

bool has_access_list(const fs::path& folder) {
  return ::lgetxattr(folder.c_str(), "system.posix_acl_access", nullptr, 0) > 0 ||
         ::lgetxattr(folder.c_str(), "system.posix_acl_default", nullptr, 0) > 0;
}

/// Why the folder cannot be exchanged with another one; empty when nothing is against it.
std::string obstacle(const fs::path& folder) {
  struct statx status {};
  if (::statx(AT_FDCWD, folder.c_str(), 0, STATX_BASIC_STATS, &status) != 0) return "it cannot be examined";
  if ((status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) return "it is a mount point";
  struct stat own {};
  struct stat parent {};
  if (::stat(folder.c_str(), &own) != 0 || ::stat(folder.parent_path().c_str(), &parent) != 0 ||
      own.st_dev != parent.st_dev) {
    return "it is a mount point";
  }
  std::error_code error;
  const fs::path here = fs::current_path(error);
  for (fs::path above = here; !error && above.has_relative_path(); above = above.parent_path()) {
    if (above == folder) return "it is the current folder, or above it";
  }
  if (has_access_list(folder)) return "it has an access control list";
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::file_status found = entry->symlink_status(error);
    const bool link = fs::is_symlink(found);
    if (error || !(fs::is_regular_file(found) || link)) return "it contains other things than files";
    if (link && names_records(entry->path().filename().string())) return "a link has the name of a file of records";
  }
  return error ? "it cannot be read" : "";
}

}  // namespace

void StagedFolder::clean(const fs::path& folder) {
  const auto found = real(folder);
  if (!found) return;
  const std::string prefix = prefix_of(*found);
  std::error_code error;
  std::vector<fs::path> hidden;
  for (fs::directory_iterator entry(found->parent_path(), error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with(prefix)) hidden.push_back(entry->path());
  }
  for (const fs::path& path : hidden) {
    const UniqueFd opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (opened.get() < 0 || ::fstat(opened.get(), &status) != 0 || status.st_uid != ::geteuid()) continue;
    if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) continue;  // its process lives
    log::debug("removing {}, which a killed run left behind", path.string());
    remove_hidden(path, *found);
  }
}

std::optional<StagedFolder> StagedFolder::make(const fs::path& folder, std::string& why) {
  const auto found = real(folder);
  if (!found) {
    why = "it has no parent";
    return std::nullopt;
  }
  why = obstacle(*found);
  if (!why.empty()) return std::nullopt;
  std::string pattern = (found->parent_path() / (prefix_of(*found) + "XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    why = "no folder can be created beside it: " + std::generic_category().message(errno);
    return std::nullopt;
  }
  StagedFolder staged(*found, pattern, UniqueFd(::open(pattern.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  struct stat wanted {};
  struct stat made {};
  const int descriptor = staged.descriptor_.get();
  if (descriptor < 0 || ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 || ::stat(found->c_str(), &wanted) != 0 ||
      ::fstat(descriptor, &made) != 0) {
    why = "the folder beside it cannot be locked";
    return std::nullopt;
  }
  const bool other_owner = wanted.st_uid != made.st_uid || wanted.st_gid != made.st_gid;
  if (other_owner && ::fchown(descriptor, wanted.st_uid, wanted.st_gid) != 0) {
    why = "it belongs to another user or group";
    return std::nullopt;
  }
  // Files made in it get the group that they would get in the old folder.
  if (::fchmod(descriptor, 0700U | (wanted.st_mode & S_ISGID)) != 0) errno = 0;
  return staged;
}

StagedFolder::~StagedFolder() {
  if (descriptor_) remove_hidden(path_, folder_);
}

void StagedFolder::publish(const std::vector<std::string>& names) {
  const auto is_new = [&](const std::string& name) { return std::ranges::find(names, name) != names.end(); };
  std::error_code error;
  bool links = true;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    struct stat status {};
    if (::lstat(entry->path().c_str(), &status) != 0) continue;  // it has gone in the meantime
    if (is_new(name)) {
      if (::chmod((path_ / name).c_str(), status.st_mode & 0777U) != 0) errno = 0;  // a share without permissions
    } else if (::linkat(AT_FDCWD, entry->path().c_str(), AT_FDCWD, (path_ / name).c_str(), 0) != 0) {
      links = false;  // a folder by now, another user's file, or a file system without links
    }
  }
  struct stat status {};
  if (error || ::stat(folder_.c_str(), &status) != 0) fail("cannot read the output folder", folder_);
  if (::fchmod(descriptor_.get(), status.st_mode & 07777U) != 0) errno = 0;
  sync(descriptor_.get(), path_);
  if (!links || ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, folder_.c_str(), RENAME_EXCHANGE) != 0) {
    log::debug("{}: the files are moved into place one by one", folder_.string());
    for (const std::string& name : names) {
      if (::rename((path_ / name).c_str(), (folder_ / name).c_str()) != 0)
        fail("cannot move a file into place", folder_ / name);
    }
    sync_folder(folder_);
    return;
  }
  sync_folder(folder_.parent_path());
}

}  // namespace etl::simplify
