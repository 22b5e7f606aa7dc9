#pragma once

#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "fhir/structurals.hpp"
#include "fhir/walker.hpp"

namespace etl::fhir {

/// A JSON text with its index, and a cursor at its first value.
class Indexed {
 public:
  explicit Indexed(std::string_view json) : escapes_(json.find('\\') != std::string_view::npos) {
    text_.append(json);
    text_.pad();
    wrong_ = structurals_.index(text_.view());
  }
  /// What is wrong with the bytes; empty when they have an index.
  [[nodiscard]] std::string_view wrong() const { return wrong_; }
  [[nodiscard]] Cursor cursor() const { return {text_.data(), structurals_.begin(), escapes_}; }
  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  bool escapes_;
  Buffer text_;
  Structurals structurals_;
  std::string_view wrong_;
};

/// A folder of its own that goes when the test ends.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "aced-etl-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Write a file; folders on the way are made.
  std::filesystem::path write(const std::string& name, std::string_view content) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

 private:
  std::filesystem::path path_;
};

/// One gzip member.
inline std::string gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string input(text);
  std::string out(deflateBound(&stream, static_cast<uLong>(input.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace etl::fhir
