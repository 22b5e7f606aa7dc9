#include "output.hpp"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/error.hpp"

namespace etl::synth {

namespace {

[[noreturn]] void cannot_write(const std::string& path, const char* why) {
  throw InternalError(std::string("cannot write: ") + why, path,
                      "look at the folder's permissions and at the space left on the device");
}

/// The end of the JSON string that begins at `at`, behind its closing quote (or the end of the text).
std::size_t string_end(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return json.size();
}

}  // namespace

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    cannot_write(path, error.message().c_str());
  }
}

File::File(std::string path) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb")) {
  if (!file_) {
    cannot_write(path_, std::strerror(errno));
  }
}

void File::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    cannot_write(path_, std::strerror(errno));
  }
}

void File::close() {
  if (std::fclose(file_.release()) != 0) {
    cannot_write(path_, std::strerror(errno));
  }
}

void TextFile::Closer::operator()(gzFile_s* file) const noexcept { gzclose(file); }

TextFile::TextFile(std::string path, bool gzip) : path_(std::move(path)) {
  if (!gzip) {
    plain_ = std::make_unique<File>(path_);
    return;
  }
  path_ += ".gz";
  gzip_.reset(gzopen(path_.c_str(), "wb4"));
  if (!gzip_) {
    cannot_write(path_, std::strerror(errno));
  }
  gzbuffer(gzip_.get(), 1U << 18U);
}

void TextFile::write(std::string_view text) {
  if (plain_) {
    plain_->write(text);
  } else if (!text.empty() && gzwrite(gzip_.get(), text.data(), static_cast<unsigned>(text.size())) == 0) {
    cannot_write(path_, std::strerror(errno));
  }
}

void TextFile::close() {
  if (plain_) {
    plain_->close();
  } else if (gzclose(gzip_.release()) != Z_OK) {
    cannot_write(path_, std::strerror(errno));
  }
}

void append_spaced(std::string& out, std::string_view json) {
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t end = json[at] == '"' ? string_end(json, at) : at + 1;
    out += json.substr(at, end - at);
    if (json[at] == ':' || json[at] == ',') {
      out += ' ';
    }
    at = end;
  }
}

void append_indented(std::string& out, std::string_view json) {
  std::size_t level = 0;
  const auto line = [&out, &level] {
    out += '\n';
    out.append(2 * level, ' ');
  };
  for (std::size_t at = 0; at < json.size();) {
    const char now = json[at];
    const std::size_t end = now == '"' ? string_end(json, at) : at + 1;
    if (now == '}' || now == ']') {
      --level;
      line();
    }
    out += json.substr(at, end - at);
    if (now == '{' || now == '[') {
      ++level;
      line();
    } else if (now == ',') {
      line();
    } else if (now == ':') {
      out += ' ';
    }
    at = end;
  }
  out += '\n';
}

}  // namespace etl::synth
