#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>

#include "base/unique_fd.hpp"
#include "net/http.hpp"

namespace etl::net {

/// A file, or a range of one, as a request's body. Several may read one file at the same time.
class FileSource : public BodySource {
 public:
  static constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();

  /// From `offset`, `length` bytes or what there is. InputError when it is not there, not readable, or a folder.
  explicit FileSource(const std::filesystem::path& path, std::uint64_t offset = 0, std::uint64_t length = kToTheEnd);
  /// The same of a file that is open already; `path` is for messages.
  FileSource(UniqueFd file, std::filesystem::path path, std::uint64_t offset = 0, std::uint64_t length = kToTheEnd);

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  std::size_t read(std::span<char> to) override;
  void rewind() override { at_ = 0; }

 private:
  std::filesystem::path path_;
  UniqueFd descriptor_;
  std::uint64_t offset_;
  std::uint64_t size_ = 0;
  std::uint64_t at_ = 0;
};

}  // namespace etl::net
