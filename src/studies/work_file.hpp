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

/// Takes an answer's body into a range of a work file, or, with `length` unknown, as the whole of it.
class RangeSink : public net::BodySink {
 public:
  static constexpr std::uint64_t kWhole = ~std::uint64_t{0};

  /// `etag`, where it is not empty: RefusedError when the answer is of another object.
  RangeSink(const WorkFile& file, std::uint64_t offset, std::uint64_t length, std::string etag, Progress& progress)
      : file_(file), offset_(offset), length_(length), etag_(std::move(etag)), progress_(progress) {}

  void begin(const net::Response& head) override;
  void write(std::string_view bytes) override;

  [[nodiscard]] std::uint64_t bytes() const { return at_; }

 private:
  const WorkFile& file_;
  std::uint64_t offset_;
  std::uint64_t length_;
  std::string etag_;
  Progress& progress_;
  std::uint64_t at_ = 0;
  std::uint64_t shown_ = 0;  ///< told to progress: what comes again is not told again
};

}  // namespace etl::studies
