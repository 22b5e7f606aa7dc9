#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/buffer.hpp"
#include "fhir/spill_file.hpp"

namespace etl::flat {

/// Chunks of rows in the order in which they came, in memory of a fixed size and a temporary file behind it. Filled by
/// one thread; afterwards the chunks are read by many.
class RowFile {
 public:
  RowFile(std::size_t memory, std::filesystem::path temp_dir) : memory_(memory), temp_dir_(std::move(temp_dir)) {}

  /// `rows`: how many rows the text holds.
  void append(std::string_view text, std::uint64_t rows);
  [[nodiscard]] std::size_t chunks() const noexcept { return chunks_.size(); }
  /// The number of the chunk's first row.
  [[nodiscard]] std::uint64_t first_row(std::size_t chunk) const { return chunks_[chunk].first_row; }
  /// The text that append() was given; `scratch` is the caller's.
  [[nodiscard]] std::string_view read(std::size_t chunk, Buffer& scratch) const;
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }

 private:
  struct Chunk {
    std::size_t offset;  ///< in the file
    std::size_t size;
    std::uint64_t first_row;
    Buffer resident;  ///< its text, unless it is in the file
  };
  std::size_t memory_;
  std::filesystem::path temp_dir_;
  std::vector<Chunk> chunks_;
  std::uint64_t rows_ = 0;
  std::size_t resident_ = 0;
  std::unique_ptr<fhir::SpillFile> file_;
};

}  // namespace etl::flat
