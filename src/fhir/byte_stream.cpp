#include "fhir/byte_stream.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"

namespace etl::fhir {
namespace {

/// A file descriptor, and the first bytes that were read to find out what it holds.
class PlainStream final : public ByteStream {
 public:
  PlainStream(const StudyFile& file, std::stop_token stop) : name_(file.name), stop_(std::move(stop)) {
    if (file.path == "-") {
      descriptor_ = STDIN_FILENO;
      owned_ = false;
    } else {
      descriptor_ = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
    }
    if (descriptor_ < 0) {
      refuse_if_exhausted(errno, std::filesystem::path(name_));
      throw InputError(std::string("cannot open the file: ") + errno_text(errno), name_,
                       "give this user the right to read it");
    }
    while (head_.size() < 2) {
      char bytes[2];
      const std::size_t got = read_some(bytes, 2 - head_.size());
      if (got == 0) break;
      head_.append(bytes, got);
    }
  }
  ~PlainStream() override {
    if (owned_) ::close(descriptor_);
  }
  PlainStream(const PlainStream&) = delete;
  PlainStream& operator=(const PlainStream&) = delete;

  [[nodiscard]] bool gzip() const { return head_ == "\x1f\x8b"; }

  std::size_t read(char* to, std::size_t size) override {
    if (stop_.stop_requested()) throw StoppedError("stopped", name_);
    if (head_given_ < head_.size()) {
      const std::size_t n = std::min(size, head_.size() - head_given_);
      std::memcpy(to, head_.data() + head_given_, n);
      head_given_ += n;
      return n;
    }
    return read_some(to, size);
  }

 private:
  std::size_t read_some(char* to, std::size_t size) {
    for (;;) {
      const ssize_t got = ::read(descriptor_, to, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) {
        throw InputError(std::string("cannot read the file: ") + errno_text(errno), name_,
                         "check the disk or the mount");
      }
    }
  }

  std::string name_;
  std::stop_token stop_;
  int descriptor_ = -1;
  bool owned_ = true;
  std::string head_;
  std::size_t head_given_ = 0;
};

class GzipStream final : public ByteStream {
 public:
  GzipStream(std::unique_ptr<ByteStream> packed, std::string name, std::stop_token stop)
      : packed_(std::move(packed)), name_(std::move(name)), stop_(std::move(stop)), input_(std::size_t{1} << 17) {
    if (inflateInit2(&zlib_, 15 + 16) != Z_OK) throw InternalError("zlib does not start", name_);
  }
  ~GzipStream() override { inflateEnd(&zlib_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  std::size_t read(char* to, std::size_t size) override {
    if (stop_.stop_requested()) throw StoppedError("stopped", name_);
    zlib_.next_out = reinterpret_cast<Bytef*>(to);
    zlib_.avail_out = static_cast<uInt>(size);
    while (zlib_.avail_out == size) {
      if (zlib_.avail_in == 0 && !fill()) {
        if (!between_members_) {
          throw InputError("the gzip file ends too early: it is truncated", name_, "copy the file again");
        }
        return 0;
      }
      if (between_members_) {
        // Tapes and block devices leave zeros behind the last member; gzip passes over them, too.
        while (zlib_.avail_in > 0 && *zlib_.next_in == 0) {
          ++zlib_.next_in;
          --zlib_.avail_in;
        }
        if (zlib_.avail_in == 0) continue;
        if (inflateReset(&zlib_) != Z_OK) throw InternalError("zlib does not start again", name_);
        between_members_ = false;
      }
      const int code = inflate(&zlib_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        between_members_ = true;  // another gzip member may follow
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        throw InputError(std::string("the gzip file is damaged: ") + (zlib_.msg != nullptr ? zlib_.msg : "bad data"),
                         name_, "copy the file again");
      }
    }
    const std::size_t unpacked = size - zlib_.avail_out;
    unpacked_bytes_ += unpacked;
    check_ratio();
    return unpacked;
  }

 private:
  /// NDJSON of many similar resources shrinks to a hundredth; deflate cannot shrink anything below a 1032nd. A file
  /// between the two is made to cost time. Small ones do no harm.
  void check_ratio() const {
    constexpr std::uint64_t harmless = std::uint64_t{256} << 20U;
    constexpr std::uint64_t largest_ratio = 500;
    const std::uint64_t packed = packed_bytes_ - zlib_.avail_in;
    if (unpacked_bytes_ <= harmless || unpacked_bytes_ / largest_ratio <= packed) return;
    throw InputError(
        fmt::format("the gzip file unpacks to more than {} times its size ({} MiB so far from {} KiB), which "
                    "no study does; if this is intended, unpack it with gunzip first",
                    largest_ratio, unpacked_bytes_ >> 20U, packed >> 10U),
        name_);
  }

  bool fill() {
    const std::size_t got = packed_->read(input_.data(), input_.size());
    packed_bytes_ += got;
    zlib_.next_in = reinterpret_cast<Bytef*>(input_.data());
    zlib_.avail_in = static_cast<uInt>(got);
    return got > 0;
  }

  std::unique_ptr<ByteStream> packed_;
  std::string name_;
  std::stop_token stop_;
  std::uint64_t packed_bytes_ = 0;
  std::uint64_t unpacked_bytes_ = 0;
  std::vector<char> input_;
  z_stream zlib_{};
  bool between_members_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> ByteStream::open(const StudyFile& file, std::stop_token stop) {
  auto plain = std::make_unique<PlainStream>(file, stop);
  if (!plain->gzip()) {
    if (is_gzip(file.path)) {
      throw InputError("the file is named .gz but is not gzip (or is empty)", file.name,
                       "copy the file again, or rename it");
    }
    return plain;
  }
  return std::make_unique<GzipStream>(std::move(plain), file.name, std::move(stop));
}

}  // namespace etl::fhir
