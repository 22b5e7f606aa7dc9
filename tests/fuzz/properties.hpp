#pragma once

// What every fuzz target is built from. A property that does not hold throws std::logic_error, which libFuzzer reports
// as a crash; so does any exception of a library that a reader lets through.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/error.hpp"
#include "base/secrets.hpp"

namespace etl::fuzz {

/// Stands for a password, key or token: targets and seeds put it where secrets are, and no message may hold it.
/// libFuzzer learns it from the comparisons, so a target that shows a part of its input leaves out inputs that hold it.
inline constexpr std::string_view kSecret = "hunter2-SECRET";

/// A message that is cut off may end in the middle of a secret, so most of it counts as all of it.
inline bool holds_secret(std::string_view text) { return text.find(kSecret.substr(0, 10)) != std::string_view::npos; }

inline void require(bool good, const std::string& what) {
  if (!good) throw std::logic_error(what);
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Everything that a user sees of an error.
struct Refusal {
  ExitCode code;
  std::string what;
  std::string where;
  std::string hint;

  [[nodiscard]] std::string all() const { return what + '\n' + where + '\n' + hint; }
};

/// Nothing when `read` accepts its input. Only errors that name something outside of the program may leave it: an
/// internal error is a bug, and so is an exception of another type.
template <typename Read>
std::optional<Refusal> refusal_of(Read&& read) {
  try {
    read();
    return std::nullopt;
  } catch (const Error& error) {
    Refusal refusal{error.code(), error.what(), error.where(), error.hint()};
    require(refusal.code != ExitCode::internal, "an internal error: " + refusal.all());
    require(!refusal.what.empty(), "an error without a message");
    // Known secrets are replaced where messages are printed and logged.
    require(!holds_secret(secrets::redact(refusal.all())), "a secret in an error: " + refusal.all());
    return refusal;
  }
}

inline void require_no_secret(std::string_view text) {
  require(!holds_secret(text), "a secret in: " + std::string(text));
}

/// The text before the first `separator` is taken off `rest`; all of it when there is none.
inline std::string_view take_field(std::string_view& rest, char separator = '\n') {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return field;
}

inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) lines.push_back(take_field(text));
  return lines;
}

/// A file in memory, for readers that take a path.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : descriptor_(::memfd_create(name, MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  void set(std::string_view bytes) const {
    if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) < 0)
      throw std::system_error(errno, std::generic_category(), "cannot write the file in memory");
  }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// Is the text UTF-8 without NUL? (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.)
inline bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    std::size_t length = 1;
    if (first == 0) return false;
    if (first >= 0x80) {
      length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
      if (first < 0xC2 || first > 0xF4 || i + length > text.size()) return false;
      std::uint32_t code = first & (0x7FU >> length);
      for (std::size_t k = 1; k < length; ++k) {
        const auto next = static_cast<unsigned char>(text[i + k]);
        if ((next & 0xC0U) != 0x80U) return false;
        code = code << 6U | (next & 0x3FU);
      }
      if (length == 3 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF))) return false;
      if (length == 4 && (code < 0x10000 || code > 0x10FFFF)) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace etl::fuzz
