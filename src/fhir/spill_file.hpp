#pragma once

#include <cstddef>
#include <filesystem>

namespace etl::fhir {

/// A temporary file without a name, for what does not fit into memory: written at its end, read at any place.
class SpillFile {
 public:
  /// UsageError when no file can be made in `folder`, ExhaustedError when its disk is full.
  explicit SpillFile(const std::filesystem::path& folder);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  /// UnavailableError when the disk is full.
  void append(const void* data, std::size_t size);
  /// Bytes that were written before; safe from several threads.
  void read(void* data, std::size_t size, std::size_t offset) const;
  [[nodiscard]] std::size_t end() const noexcept { return end_; }

 private:
  std::filesystem::path folder_;
  int descriptor_;
  std::size_t end_ = 0;
};

}  // namespace etl::fhir
