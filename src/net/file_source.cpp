#include "net/file_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"

namespace etl::net {
namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& path) {
  refuse_if_exhausted(errno, path);
  throw InputError(std::string(what) + ": " + errno_text(errno), path.string());
}

}  // namespace

FileSource::FileSource(const std::filesystem::path& path, std::uint64_t offset, std::uint64_t length)
    : FileSource(UniqueFd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)), path, offset, length) {}

FileSource::FileSource(UniqueFd file, std::filesystem::path path, std::uint64_t offset, std::uint64_t length)
    : path_(std::move(path)), descriptor_(std::move(file)), offset_(offset) {
  if (!descriptor_) fail("cannot open", path_);
  struct stat about {};
  const bool known = ::fstat(descriptor_.get(), &about) == 0;
  if (!known || !S_ISREG(about.st_mode)) {
    throw InputError("this cannot be sent: it is not a regular file", path_.string(), "name a regular file");
  }
  const auto whole = static_cast<std::uint64_t>(about.st_size);
  size_ = std::min(length, whole - std::min(offset, whole));
}

std::size_t FileSource::read(std::span<char> to) {
  std::size_t done = 0;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), size_ - at_));
  while (done < wanted) {
    const auto count = ::pread(descriptor_.get(), to.data() + done, wanted - done, static_cast<off_t>(offset_ + at_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot read", path_);
    if (count == 0) break;  // it has become shorter; who sends it tells
    done += static_cast<std::size_t>(count);
    at_ += static_cast<std::uint64_t>(count);
  }
  return done;
}

}  // namespace etl::net
