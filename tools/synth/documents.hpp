#pragma once

// The files that DocumentReferences describe: their names, their bodies, and the size and md5 that are true of them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "world.hpp"

namespace etl::synth {

/// A file as its DocumentReference describes it.
struct Document {
  std::string path;   ///< below `output/`: study/folder/name
  std::string title;  ///< the last segment
  std::string_view media_type;
  std::uint64_t bytes = 0;
  std::string md5;  ///< 32 hexadecimal digits
};

class Documents {
 public:
  /// Bodies go below `folder`/output; none are written when the world has no bodies.
  Documents(const World& world, std::filesystem::path folder);

  /// Writes the file of DocumentReference `index` (when bodies are wanted) and tells what it is.
  /// The same index always gives the same bytes. Throws InternalError when the file cannot be written.
  Document make(std::uint64_t index);

  [[nodiscard]] std::uint64_t files() const noexcept { return files_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  void write_body(const Document& document, Random random, bool binary, std::string& md5);

  const World& world_;
  std::filesystem::path folder_;
  std::string made_folder_;  ///< the last folder that was created, to ask the system only once
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace etl::synth
