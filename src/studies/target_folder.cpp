#include "studies/target_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "studies/key_path.hpp"

namespace etl::studies {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) { return std::generic_category().message(error); }

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

TargetFolder::TargetFolder(const fs::path& folder, bool look_only) {
  std::error_code error;
  if (!look_only) {
    fs::create_directories(folder, error);
    if (error && !fs::is_directory(folder)) {
      throw UsageError("cannot make the folder: " + error.message(), folder.string(),
                       "name one that this user may make");
    }
  }
  folder_ = fs::weakly_canonical(fs::absolute(folder));
  if (look_only) return;
  const auto work = folder_ / kWorkFolder;
  if (::mkdir(work.c_str(), 0777) != 0 && errno != EEXIST) {
    throw UsageError("cannot write into the folder: " + reason(errno), folder_.string(),
                     "give this user the right, or name another folder");
  }
  // Work files have the same names in every run, so two runs must not meet.
  descriptor_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int refused = errno;
  if (refused == EWOULDBLOCK) {
    ::close(std::exchange(descriptor_, -1));
    throw LockedError("another pull is writing into this folder", folder_.string(), "wait until it has ended");
  }
  log::debug("{}: cannot be locked: {}", folder_.string(), reason(refused));  // some network file systems
}

TargetFolder::~TargetFolder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void TargetFolder::check_way(const fs::path& parent) {
  {
    const std::lock_guard lock(mutex_);
    if (parent == checked_) return;
  }
  // Not weakly_canonical() of all: a link that leads nowhere yet would pass.
  fs::path way = folder_;
  for (const auto& part : parent.lexically_relative(folder_)) {
    if (part == ".") break;
    way /= part;
    std::error_code error;
    const auto status = fs::symlink_status(way, error);
    if (!fs::exists(status)) break;
    if (!fs::is_symlink(status)) continue;
    const auto target = fs::canonical(way, error);
    if (error || !is_below(target, folder_)) {
      throw RefusedError("a symbolic link on its way leads out of the folder", way.string(),
                         "remove the link, or name the folder that it leads to");
    }
  }
  const std::lock_guard lock(mutex_);
  checked_ = parent;
}

std::optional<LocalFile> TargetFolder::look(const std::string& name) {
  const auto path = path_of(name);
  check_way(path.parent_path());
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw RefusedError("cannot be a file here: " + reason(errno), path.string(),
                       "a file stands where a folder is needed");
  }
  if (S_ISLNK(status.st_mode)) {
    throw RefusedError("a symbolic link has its name", path.string(), "remove the link");
  }
  if (!S_ISREG(status.st_mode)) {
    throw RefusedError(S_ISDIR(status.st_mode) ? "a folder has its name" : "something that is no file has its name",
                       path.string(), "rename one of the two");
  }
  return LocalFile{static_cast<std::uint64_t>(status.st_size),
                   status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

fs::path TargetFolder::work_file(const std::string& name) const { return folder_ / kWorkFolder / md5_hex(name); }

void TargetFolder::move_in(const fs::path& from, const std::string& name) {
  const auto path = path_of(name);
  const auto parent = path.parent_path();
  check_way(parent);
  if (::rename(from.c_str(), path.c_str()) == 0) return;
  if (errno == ENOENT) {
    std::error_code error;
    fs::create_directories(parent, error);
    if (!error && ::rename(from.c_str(), path.c_str()) == 0) return;
    if (error) throw UsageError("cannot make the folder: " + error.message(), parent.string());
  }
  throw UsageError("cannot put the file in its place: " + reason(errno), path.string());
}

void TargetFolder::remove(const std::string& name) {
  const auto path = path_of(name);
  check_way(path.parent_path());
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    throw UsageError("cannot remove the file: " + reason(errno), path.string());
  }
  for (auto folder = path.parent_path(); folder != folder_; folder = folder.parent_path()) {
    if (::rmdir(folder.c_str()) != 0) break;
  }
}

void TargetFolder::tidy(const std::vector<std::string>& keep) {
  std::set<fs::path> kept;
  for (const auto& name : keep) kept.insert(work_file(name));
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_ / kWorkFolder, ignored)) {
    if (!kept.contains(entry.path())) fs::remove(entry.path(), ignored);
  }
  ::rmdir((folder_ / kWorkFolder).c_str());
}

}  // namespace etl::studies
