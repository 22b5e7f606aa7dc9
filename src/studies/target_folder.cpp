#include "studies/target_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "base/access.hpp"
#include "base/digest.hpp"
#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"
#include "base/file_lock.hpp"
#include "base/log.hpp"
#include "studies/key_path.hpp"

namespace etl::studies {
namespace {

namespace fs = std::filesystem;

/// In the work folder: who works there. Its name is none of a work file, which are digests.
constexpr const char* kHolderFile = "holder";

std::string parent_name(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

std::string last_name(const std::string& name) { return name.substr(name.rfind('/') + 1); }

[[noreturn]] void refuse_type(mode_t mode, const fs::path& path) {
  if (S_ISLNK(mode)) throw RefusedError("its name is taken by a symbolic link", path.string(), "remove the link");
  throw RefusedError(
      S_ISDIR(mode) ? "its name is taken by a folder" : "its name is taken by something that is not a file",
      path.string(), "rename one of the two");
}

}  // namespace

TargetFolder::TargetFolder(const fs::path& folder, bool look_only) {
  std::error_code error;
  if (!look_only) {
    make_folders(folder, Access::owner, error);
    if (error && !fs::is_directory(folder)) {
      refuse_if_exhausted(error.value(), folder);
      throw UsageError("cannot create the folder: " + error.message(), folder.string(),
                       "name a folder that this user may create");
    }
  }
  folder_ = fs::weakly_canonical(fs::absolute(folder));
  root_.emplace(folder_);
  if (!root_->opened()) {
    if (!look_only) throw UsageError("cannot open the folder: " + errno_text(errno), folder_.string());
    root_.reset();
  }
  if (look_only) return;
  open_work_folder();
  lock();
}

TargetFolder::~TargetFolder() {
  if (holds_) ::unlinkat(work_.get(), kHolderFile, 0);
}

void TargetFolder::open_work_folder() {
  work_ = open_private_folder(root_->descriptor(), std::string(kWorkFolder).c_str());
  if (work_) return;
  const int why = errno;
  const std::string place = (folder_ / kWorkFolder).string();
  switch (why) {
    case ELOOP:
    case ENOTDIR:
      throw UsageError("the name of the folder in which a pull works is taken by a symbolic link or a file", place,
                       "find out what it is and where it leads, then remove it");
    case EPERM:
      throw UsageError("the folder in which a pull works belongs to another user", place,
                       "remove it, or pull as that user");
    default:
      refuse_if_exhausted(why, folder_);
      throw UsageError("cannot write into the folder: " + errno_text(why), folder_.string(),
                       "give this user the right, or name another folder");
  }
}

/// Work files have the same names in every run, so two runs must not meet.
void TargetFolder::lock() {
  lock_ = UniqueFd(::openat(root_->descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const bool locked = lock_ && ::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0;
  const int why = errno;
  const UniqueFd holder = open_private(work_.get(), kHolderFile, O_RDWR);
  if (locked) {
    holds_ = true;
    if (holder) static_cast<void>(write_holder(holder.get()));  // for a message alone
    return;
  }
  if (lock_ && why == EWOULDBLOCK) {
    throw LockedError(fmt::format("another pull is writing into this folder: {}",
                                  in_words(holder ? read_holder(holder.get()) : ProcessName{})),
                      folder_.string(), "run again when it has ended");
  }
  log::debug("{}: cannot be locked: {}", folder_.string(), errno_text(why));  // some network file systems
}

UniqueFd TargetFolder::parent_of(const std::string& name, bool make) const {
  if (!root_) return UniqueFd();
  const std::string parent = parent_name(name);
  const std::string place = path_of(parent).string();
  PathRules rules;
  rules.hidden_parts = true;
  rules.make_folders = make;
  const Entry entry = root_->find(parent, rules);
  switch (entry.status) {
    case Entry::Status::found:
      break;
    case Entry::Status::absent:
      if (!make) return UniqueFd();
      if (entry.folder && (::mkdirat(entry.folder.get(), entry.name.c_str(), S_IRWXU) == 0 || errno == EEXIST)) break;
      refuse_if_exhausted(errno, fs::path(place));
      throw UsageError("cannot create the folder: " + errno_text(errno), place);
    case Entry::Status::leads_out:
    case Entry::Status::refused:
      throw RefusedError("a symbolic link in its path leads out of the folder", place,
                         "remove the link, or name the folder that it leads to");
    case Entry::Status::not_folder:
      throw RefusedError("a file has the name of a folder that is needed", place, "rename one of the two");
    case Entry::Status::failed:
      refuse_if_exhausted(entry.error, fs::path(place));
      if (make) throw UsageError("cannot create the folder: " + errno_text(entry.error), place);
      throw RefusedError("it cannot be a file on this machine: " + errno_text(entry.error), place);
  }
  if (!entry.folder) return UniqueFd(::fcntl(root_->descriptor(), F_DUPFD_CLOEXEC, 0));
  UniqueFd opened(::openat(entry.folder.get(), entry.name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (opened || errno == ENOENT) return opened;
  refuse_if_exhausted(errno, fs::path(place));
  throw RefusedError("a file has the name of a folder that is needed", place, "rename one of the two");
}

std::optional<LocalFile> TargetFolder::look(const std::string& name) const {
  const UniqueFd parent = parent_of(name, false);
  if (!parent) return std::nullopt;
  struct stat status {};
  if (::fstatat(parent.get(), last_name(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw RefusedError("it cannot be a file on this machine: " + errno_text(errno), path_of(name).string());
  }
  if (!S_ISREG(status.st_mode)) refuse_type(status.st_mode, path_of(name));
  return LocalFile{static_cast<std::uint64_t>(status.st_size),
                   status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

fs::path TargetFolder::work_path(const std::string& name) const { return folder_ / kWorkFolder / md5_hex(name); }

UniqueFd TargetFolder::open_work_file(const std::string& name) const {
  UniqueFd file = open_private(work_.get(), md5_hex(name).c_str(), O_RDWR);
  if (file) return file;
  const int why = errno;
  if (why == ELOOP || why == EEXIST || why == EISDIR || why == ENXIO) {
    throw RefusedError(
        "the name of its work file is taken by a symbolic link, or by something that is not a file of this user",
        work_path(name).string(), "find out what it is, then remove it");
  }
  refuse_if_exhausted(why, work_path(name));
  throw UsageError("cannot write a file: " + errno_text(why), work_path(name).string(),
                   "give this user the right, or name another folder");
}

std::optional<std::uint64_t> TargetFolder::work_file_size(const std::string& name) const {
  struct stat status {};
  if (::fstatat(work_.get(), md5_hex(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(status.st_size);
}

std::uint64_t TargetFolder::work_file_bytes(const std::string& name) const {
  constexpr std::uint64_t block = 512;  // the unit of st_blocks
  struct stat status {};
  if (!work_ || ::fstatat(work_.get(), md5_hex(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return 0;
  return static_cast<std::uint64_t>(status.st_blocks) * block;
}

void TargetFolder::remove_work_file(const std::string& name) const {
  if (work_) ::unlinkat(work_.get(), md5_hex(name).c_str(), 0);
}

void TargetFolder::move_in(const std::string& name) const {
  const UniqueFd parent = parent_of(name, true);
  if (!parent || ::renameat(work_.get(), md5_hex(name).c_str(), parent.get(), last_name(name).c_str()) != 0) {
    refuse_if_exhausted(errno, path_of(name));
    throw UsageError("cannot move the file into place: " + errno_text(errno), path_of(name).string());
  }
}

void TargetFolder::remove(const std::string& name) const {
  const UniqueFd parent = parent_of(name, false);
  if (!parent) return;
  if (::unlinkat(parent.get(), last_name(name).c_str(), 0) != 0 && errno != ENOENT) {
    refuse_if_exhausted(errno, path_of(name));
    throw UsageError("cannot remove the file: " + errno_text(errno), path_of(name).string());
  }
  for (auto folder = parent_name(name); !folder.empty(); folder = parent_name(folder)) {
    const UniqueFd above = parent_of(folder, false);
    if (!above || ::unlinkat(above.get(), last_name(folder).c_str(), AT_REMOVEDIR) != 0) break;
  }
}

void TargetFolder::tidy(const std::vector<std::string>& keep) {
  if (!work_) return;
  std::set<std::string> kept;
  for (const auto& name : keep) kept.insert(md5_hex(name));
  const int copy = ::openat(work_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(copy < 0 ? nullptr : ::fdopendir(copy), &::closedir);
  if (!entries) return;
  while (const auto* entry = ::readdir(entries.get())) {  // NOLINT(concurrency-mt-unsafe): this DIR is ours alone
    const std::string name = entry->d_name;
    // A link is removed, not followed; a folder is none of ours and stays.
    if (name != "." && name != ".." && name != kHolderFile && !kept.contains(name))
      ::unlinkat(work_.get(), name.c_str(), 0);
  }
  if (keep.empty()) ::unlinkat(work_.get(), kHolderFile, 0);  // the folder goes, too
  // Only if it is the folder that we worked in, and empty.
  struct stat ours {};
  struct stat now {};
  const std::string work(kWorkFolder);
  if (::fstat(work_.get(), &ours) != 0 ||
      ::fstatat(root_->descriptor(), work.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0 || ours.st_ino != now.st_ino ||
      ours.st_dev != now.st_dev) {
    throw UsageError("the folder in which a pull works was replaced during the pull", (folder_ / work).string(),
                     "find out what it is now, then remove it");
  }
  ::unlinkat(root_->descriptor(), work.c_str(), AT_REMOVEDIR);
}

}  // namespace etl::studies
