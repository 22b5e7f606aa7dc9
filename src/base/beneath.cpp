#include "base/beneath.hpp"

#include <fcntl.h>
#include <linux/limits.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace etl {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMostLinks = 40;  // as the kernel's own limit

bool is_same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// Is this a file that only we can have put here?
bool is_private(const struct stat& about) {
  const auto self = ::geteuid();
  return S_ISREG(about.st_mode) && about.st_nlink == 1 && (about.st_uid == self || self == 0);
}

}  // namespace

RootFolder::RootFolder(const fs::path& folder) {
  std::error_code error;
  path_ = fs::canonical(folder, error);
  if (error) {
    errno = error.value();
    return;
  }
  descriptor_ = UniqueFd(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/// One resolution: the folders that were entered, and the parts that are still to come.
class RootFolder::Walk {
 public:
  Walk(const RootFolder& root, const PathRules& rules) : root_(root), rules_(rules) {}

  Entry run(std::string_view name) {
    push(name);
    while (!todo_.empty()) {
      const std::string part = std::move(todo_.back());
      todo_.pop_back();
      if (!step(part)) return std::move(entry_);
    }
    // The way ended at a folder that was entered: the root itself, or where a link went back to.
    entry_.status = Entry::Status::found;
    entry_.path = path();
    if (::fstat(here(), &entry_.about) != 0) return fail();
    return std::move(entry_);
  }

 private:
  /// Puts the parts of a path before those that are still to come.
  void push(std::string_view path) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= path.size();) {
      const auto end = std::min(path.find('/', begin), path.size());
      const auto part = path.substr(begin, end - begin);
      if (!part.empty() && part != ".") parts.emplace_back(part);
      begin = end + 1;
    }
    todo_.insert(todo_.end(), std::make_move_iterator(parts.rbegin()), std::make_move_iterator(parts.rend()));
  }

  [[nodiscard]] int here() const { return folders_.empty() ? root_.descriptor_.get() : folders_.back().get(); }

  [[nodiscard]] std::string path(std::string_view last = {}) const {
    std::string out;
    for (const auto& name : names_) out.append(name) += '/';
    if (last.empty() && !out.empty()) out.pop_back();
    return out.append(last);
  }

  Entry fail() {
    entry_.status = Entry::Status::failed;
    entry_.error = errno;
    return std::move(entry_);
  }

  bool end(Entry::Status status, std::string reason = {}) {
    entry_.status = status;
    entry_.reason = std::move(reason);
    return false;
  }

  /// False when the walk has ended, with `entry_` set.
  bool step(const std::string& part) {
    if (part == "..") {
      if (folders_.empty()) return end(Entry::Status::leads_out);
      folders_.pop_back();
      names_.pop_back();
      return true;
    }
    if (!rules_.hidden_parts && part.starts_with('.')) {
      return end(Entry::Status::refused, "a part of its path begins with a dot");
    }
    UniqueFd next(::openat(here(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next && errno == ENOENT && rules_.make_folders && !todo_.empty()) {
      if (::mkdirat(here(), part.c_str(), S_IRWXU) != 0 && errno != EEXIST) return fail_step();
      next = UniqueFd(::openat(here(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    }
    if (!next) {
      if (errno != ENOENT) return fail_step();
      if (todo_.empty()) keep(part);
      return end(Entry::Status::absent);
    }
    struct stat about {};
    if (::fstat(next.get(), &about) != 0) return fail_step();
    if (S_ISLNK(about.st_mode)) return follow(part);
    if (rules_.refuse) {
      if (auto reason = rules_.refuse(path(part), about); !reason.empty()) {
        return end(Entry::Status::refused, std::move(reason));
      }
    }
    if (todo_.empty()) {
      keep(part);
      entry_.about = about;
      return end(Entry::Status::found);
    }
    if (!S_ISDIR(about.st_mode)) return end(Entry::Status::not_folder);
    folders_.push_back(std::move(next));
    names_.push_back(part);
    return true;
  }

  bool fail_step() {
    fail();
    return false;
  }

  void keep(const std::string& part) {
    entry_.path = path(part);
    entry_.name = part;
    entry_.folder = UniqueFd(::fcntl(here(), F_DUPFD_CLOEXEC, 0));
  }

  bool follow(const std::string& part) {
    if (rules_.links == PathRules::Links::none) {
      return end(Entry::Status::refused, "its path contains a symbolic link");
    }
    if (++links_ > kMostLinks) {
      errno = ELOOP;
      return fail_step();
    }
    // Only the text of the link is used, and it is resolved by the same rules: it does not matter whether the link has
    // been replaced since it was looked at.
    std::array<char, PATH_MAX> text{};
    const auto size = ::readlinkat(here(), part.c_str(), text.data(), text.size());
    if (size < 0) return fail_step();
    std::string_view target(text.data(), static_cast<std::size_t>(size));
    if (target.starts_with('/')) {
      const std::string& root = root_.path_.native();
      if (!target.starts_with(root) || (target.size() > root.size() && target[root.size()] != '/' && root != "/")) {
        return end(Entry::Status::leads_out);
      }
      target.remove_prefix(root.size());
      folders_.clear();
      names_.clear();
    }
    push(target);
    return true;
  }

  const RootFolder& root_;
  const PathRules& rules_;
  std::vector<std::string> todo_;  ///< the next part last
  std::vector<UniqueFd> folders_;  ///< entered, below the root
  std::vector<std::string> names_;
  unsigned links_ = 0;
  Entry entry_;
};

Entry RootFolder::find(std::string_view name, const PathRules& rules) const { return Walk(*this, rules).run(name); }

UniqueFd open_regular(const Entry& entry) {
  if (entry.status != Entry::Status::found || !entry.folder || !S_ISREG(entry.about.st_mode)) {
    errno = EINVAL;
    return UniqueFd();
  }
  // O_NONBLOCK: should a FIFO have taken the name by now, this does not wait for its other end.
  UniqueFd file(
      ::openat(entry.folder.get(), entry.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) return UniqueFd();
  if (!is_same(about, entry.about) || !S_ISREG(about.st_mode)) {
    errno = ESTALE;
    return UniqueFd();
  }
  return file;
}

UniqueFd open_private(int folder, const char* name, int flags) {
  UniqueFd file(
      ::openat(folder, name, flags | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file) return file;
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return UniqueFd();
  if (!is_private(about)) {
    errno = EEXIST;
    return UniqueFd();
  }
  return file;
}

UniqueFd open_private_folder(int folder, const char* name) {
  if (::mkdirat(folder, name, S_IRWXU) != 0 && errno != EEXIST) return UniqueFd();
  UniqueFd opened(::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat about {};
  if (!opened || ::fstat(opened.get(), &about) != 0) return UniqueFd();
  const auto self = ::geteuid();
  if (about.st_uid != self && self != 0) {
    errno = EPERM;
    return UniqueFd();
  }
  return opened;
}

}  // namespace etl
