#include "studies/work_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <system_error>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"

namespace etl::studies {

WorkFile::WorkFile(const TargetFolder& folder, const std::string& name, std::uint64_t size)
    : path_(folder.work_path(name)), descriptor_(folder.open_work_file(name)) {
  resize(size);
}

void WorkFile::fail(std::string_view what) const {
  refuse_if_exhausted(errno, path_);
  throw UnavailableError(fmt::format("{}: {}", what, errno_text(errno)), path_.string(),
                         "check the disk, then run again");
}

void WorkFile::write(std::uint64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write the file");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void WorkFile::resize(std::uint64_t size) const {
  if (::ftruncate(descriptor_.get(), static_cast<off_t>(size)) == 0) return;
  if (!is_exhausted(errno) && (errno == EFBIG || errno == EINVAL)) {
    throw RefusedError(fmt::format("the announced size is too large for a file on this disk: {} bytes", size));
  }
  fail("cannot set the size of the file");
}

void WorkFile::start_sync(s3::TimePoint modified) const {
  if (modified != s3::TimePoint{}) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(modified.time_since_epoch()).count();
    const timespec times[] = {{0, UTIME_OMIT}, {seconds, 0}};
    // Where a file system keeps no times, those that it has serve as well.
    if (::futimens(descriptor_.get(), times) != 0) errno = 0;
  }
  // A hint; finish() finds out whether all is well.
  if (::sync_file_range(descriptor_.get(), 0, 0, SYNC_FILE_RANGE_WRITE) != 0) errno = 0;
}

std::int64_t WorkFile::finish() const {
  if (::fsync(descriptor_.get()) != 0) fail("cannot flush the file to disk");
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) fail("cannot examine the file");
  return status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
}

void RangeSink::begin(const net::Response& head) {
  at_ = 0;
  if (head.status != 206) throw RefusedError("the service does not support ranges of objects");
  const auto etag = head.header("ETag").value_or("");
  if (!etag_.empty() && !etag.empty() && etag.find(etag_) == std::string::npos) {
    throw RefusedError("the object changed while it was downloaded");
  }
}

void RangeSink::write(std::string_view bytes) {
  if (bytes.size() > length_ - at_) {
    throw RefusedError(fmt::format("the service sends more than the {} bytes that it announced", length_));
  }
  file_.write(offset_ + at_, bytes);
  at_ += bytes.size();
  if (at_ > shown_) {
    progress_.add(at_ - shown_);
    shown_ = at_;
  }
}

void WholeSink::begin(const net::Response& head) {
  restart();
  if (has_shown()) file().resize(0);  // an earlier answer broke off
  set_length(size_);
  const auto announced = head.header("Content-Length");
  if (!announced) return;
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(announced->data(), announced->data() + announced->size(), bytes);
  if (error != std::errc() || end != announced->data() + announced->size() || bytes == size_) return;
  const auto etag = head.header("ETag").value_or("");
  if (etag.empty() || etag.find(this->etag()) == std::string::npos || this->etag().empty()) {
    if (bytes > most_) throw RefusedError("the object changed while it was downloaded");
    set_length(bytes);
    return;
  }
  throw RefusedError(fmt::format("the object has {} bytes, but the list says {}", bytes, size_));
}

void WholeSink::finish() const {
  if (bytes() == length()) return;
  throw RefusedError(fmt::format("{} bytes arrived, but {} were announced", bytes(), length()));
}

}  // namespace etl::studies
