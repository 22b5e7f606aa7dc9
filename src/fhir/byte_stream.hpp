#pragma once

#include <cstddef>
#include <memory>

#include "fhir/study_files.hpp"

namespace etl::fhir {

/// A file's bytes in order, unpacked where it is gzip.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  /// Up to `size` bytes into `to`; 0 at the end. InputError when the file cannot be read or is not whole.
  [[nodiscard]] virtual std::size_t read(char* to, std::size_t size) = 0;

  /// Opens a study's file; what is gzip is told by the bytes, not by the name.
  [[nodiscard]] static std::unique_ptr<ByteStream> open(const StudyFile& file);
};

}  // namespace etl::fhir
