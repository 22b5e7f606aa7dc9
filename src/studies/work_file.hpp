#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/progress.hpp"
#include "base/unique_fd.hpp"
#include "net/http.hpp"
#include "s3/time.hpp"
#include "studies/target_folder.hpp"

namespace etl::studies {

/// A file that collects an object's bytes until it is complete. UnavailableError when the disk is full or fails.
class WorkFile {
 public:
  /// Opens the work file of `name` as it is, or creates it; then it has `size` bytes. Throws as
  /// TargetFolder::open_work_file() does.
  WorkFile(const TargetFolder& folder, const std::string& name, std::uint64_t size);

  /// From many threads at once.
  void write(std::uint64_t offset, std::string_view bytes) const;
  void resize(std::uint64_t size) const;
  /// Gives it this time of its last change (1970: as it is), and has its bytes written without waiting for them.
  void start_sync(s3::TimePoint modified) const;
  /// Brings it to the disk. Returns the time of its last change as the file system keeps it, in nanoseconds.
  [[nodiscard]] std::int64_t finish() const;

 private:
  [[noreturn]] void fail(std::string_view what) const;

  std::filesystem::path path_;
  UniqueFd descriptor_;
};

/// Takes an answer's body into a range of a work file. Never writes more than was announced.
class RangeSink : public net::BodySink {
 public:
  /// `etag`, where it is not empty: RefusedError when the answer is of another object.
  RangeSink(const WorkFile& file, std::uint64_t offset, std::uint64_t length, std::string etag, Progress& progress)
      : file_(file), offset_(offset), length_(length), etag_(std::move(etag)), progress_(progress) {}

  void begin(const net::Response& head) override;
  void write(std::string_view bytes) override;

  [[nodiscard]] std::uint64_t bytes() const { return at_; }

 protected:
  void restart() { at_ = 0; }
  [[nodiscard]] const WorkFile& file() const { return file_; }
  [[nodiscard]] const std::string& etag() const { return etag_; }
  [[nodiscard]] bool has_shown() const { return shown_ > 0; }
  [[nodiscard]] std::uint64_t length() const { return length_; }
  void set_length(std::uint64_t length) { length_ = length; }

 private:
  const WorkFile& file_;
  std::uint64_t offset_;
  std::uint64_t length_;
  std::string etag_;
  Progress& progress_;
  std::uint64_t at_ = 0;
  std::uint64_t shown_ = 0;  ///< told to progress: what comes again is not told again
};

/// Takes a complete object in one answer. RefusedError when it has another size than `size`, unless its ETag says that
/// the object has changed since it was listed: then its Content-Length counts, up to `most` bytes.
class WholeSink final : public RangeSink {
 public:
  WholeSink(const WorkFile& file, std::uint64_t size, std::uint64_t most, std::string etag, Progress& progress)
      : RangeSink(file, 0, size, std::move(etag), progress), size_(size), most_(most) {}

  void begin(const net::Response& head) override;
  /// To be called when the answer has ended: RefusedError when it was shorter than announced.
  void finish() const;

 private:
  std::uint64_t size_;  ///< as listed
  std::uint64_t most_;
};

}  // namespace etl::studies
