#pragma once

// Where the bytes go: a file, plain or gzip, and the white space of JSON that is meant for people.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

struct gzFile_s;

namespace etl::synth {

/// Creates the folder and those above it. Throws InternalError.
void make_folder(const std::string& path);

/// A file that is written once from the start. Every failure throws InternalError and names the path.
class File {
 public:
  explicit File(std::string path);

  void write(std::string_view bytes);
  /// Must be called at the end: only then are write errors of the last bytes known.
  void close();

 private:
  struct Closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

/// A text file, optionally compressed. The gzip header holds neither name nor time: equal text, equal bytes.
class TextFile {
 public:
  /// `.gz` is added to the path when `gzip` is set.
  TextFile(std::string path, bool gzip);

  void write(std::string_view text);
  void close();

 private:
  struct Closer {
    void operator()(gzFile_s* file) const noexcept;
  };
  std::string path_;
  std::unique_ptr<File> plain_;
  std::unique_ptr<gzFile_s, Closer> gzip_;
};

/// Appends the JSON with a space behind every colon and comma, on one line.
void append_spaced(std::string& out, std::string_view json);
/// Appends the JSON indented by two spaces a level.
void append_indented(std::string& out, std::string_view json);

}  // namespace etl::synth
