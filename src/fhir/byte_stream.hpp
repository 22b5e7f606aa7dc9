#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>

#include "fhir/study_files.hpp"

namespace etl::fhir {

/// A file's bytes in order, unpacked where it is gzip.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  /// Up to `size` bytes into `to`; 0 at the end. InputError when the file cannot be read, is not whole, or unpacks to
  /// more than an honest gzip file does (see GzipStream::check_ratio). StoppedError once a stop was requested.
  [[nodiscard]] virtual std::size_t read(char* to, std::size_t size) = 0;

  /// Opens a study's file. Its first bytes decide whether it is gzip, not its name.
  [[nodiscard]] static std::unique_ptr<ByteStream> open(const StudyFile& file, std::stop_token stop = {});
};

}  // namespace etl::fhir
