#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"
#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace etl {
namespace {

std::string read_all(int descriptor, const std::filesystem::path& path, std::uint64_t limit) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw InputError("cannot read the file: " + errno_text(errno), path.string());
  if (S_ISDIR(status.st_mode)) throw InputError("this is a folder; expected a file", path.string());

  std::string text;
  // The size is a hint only: it is 0 for pipes and for /proc.
  if (status.st_size > 0 && static_cast<std::uint64_t>(status.st_size) <= limit) {
    text.reserve(static_cast<std::size_t>(status.st_size) + 1);
  }
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw InputError("cannot read the file: " + errno_text(errno), path.string());
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) {
      throw InputError(fmt::format("the file is larger than {}", human_bytes(limit)), path.string(),
                       "check that this is the right file");
    }
  }
}

}  // namespace

std::optional<std::string> read_file_if_there(const std::filesystem::path& path, std::uint64_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    refuse_if_exhausted(errno, path);
    throw InputError("cannot open the file: " + errno_text(errno), path.string());
  }
  return read_all(file.get(), path, limit);
}

std::string read_file(const std::filesystem::path& path, std::uint64_t limit) {
  if (auto text = read_file_if_there(path, limit)) return *std::move(text);
  throw InputError("the file does not exist", path.string(), did_you_mean_path(path));
}

std::string read_standard_input(std::uint64_t limit) { return read_all(STDIN_FILENO, "the standard input", limit); }

AtomicFile::AtomicFile(const std::filesystem::path& path, bool sync, Access access) : path_(path), sync_(sync) {
  std::error_code ignored;
  if (std::filesystem::is_symlink(path_, ignored)) path_ = std::filesystem::weakly_canonical(path_);

  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) {
      throw UsageError("this name is taken by something that is not a regular file", path_.string(),
                       "name a file in a folder");
    }
    mode_ = status.st_mode & 0777U;
  } else {
    mode_ = access == Access::owner ? S_IRUSR | S_IWUSR : user_mode(0666);
  }

  std::string pattern = (path_.parent_path() / fmt::format(".{}.XXXXXX", path_.filename().string())).string();
  descriptor_ = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (descriptor_ < 0) {
    refuse_if_exhausted(errno, path_);
    throw UsageError("cannot create a file here: " + errno_text(errno), path_.string(),
                     "create the folder, or give this user the right to write to it");
  }
  temporary_ = pattern;  // mkostemp() makes it for its owner alone, which it stays until it is whole
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      sync_(other.sync_),
      mode_(other.mode_) {
  other.temporary_.clear();
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::fail(std::string_view what) const {
  refuse_if_exhausted(errno, path_);
  throw UnavailableError(fmt::format("{}: {}", what, errno_text(errno)), path_.string(),
                         "check the disk or name another folder, then run again");
}

void AtomicFile::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write the file");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  if (descriptor_ < 0) throw InternalError("a file was committed twice", path_.string());
  // A file system without permissions (a mounted share) refuses; the file is then as the mount says.
  if (::fchmod(descriptor_, mode_) != 0) errno = 0;
  if (sync_ && ::fsync(descriptor_) != 0) fail("cannot flush the file to disk");
  if (::close(std::exchange(descriptor_, -1)) != 0) fail("cannot close the file");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot move the file into place");
  temporary_.clear();

  // Without this the new name, though not the data, may be gone after a power cut.
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  const UniqueFd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() >= 0 && ::fsync(opened.get()) != 0 && errno != EINVAL) fail("cannot flush the folder to disk");
}

}  // namespace etl
