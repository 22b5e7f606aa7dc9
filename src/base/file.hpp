#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/access.hpp"

namespace etl {

/// Files that fit into memory by their nature: settings, dictionaries, credentials.
inline constexpr std::uint64_t kSmallFile = 64ULL * 1024 * 1024;

/// The whole of a regular file or a pipe. InputError with the path when it is not there, not readable, a folder, or
/// larger than `limit` bytes.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::uint64_t limit = kSmallFile);

/// The whole of the standard input, which needs no /dev/stdin.
[[nodiscard]] std::string read_standard_input(std::uint64_t limit = kSmallFile);

/// The same, but std::nullopt when nothing of that name is there.
[[nodiscard]] std::optional<std::string> read_file_if_there(const std::filesystem::path& path,
                                                            std::uint64_t limit = kSmallFile);

/// A file that appears whole or not at all: written under a hidden temporary name beside its place, synced
/// to the disk, and renamed by commit(). Without commit() nothing is left and what was there stays. A
/// symbolic link is followed; an existing file's permissions are kept, and a new one gets those that `access` says.
/// Until commit() only its owner can read it. UsageError when the folder does not
/// let us write, ExhaustedError when the disk is full (base/exhausted.hpp), UnavailableError when it fails. One thread
/// at a time.
class AtomicFile {
 public:
  /// `sync`: what can be made again need not wait for the disk; then only a crash of the machine may leave it
  /// incomplete.
  explicit AtomicFile(const std::filesystem::path& path, bool sync = true, Access access = Access::umask);
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// No buffer of its own: pass large pieces.
  void write(std::string_view text);
  void commit();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  [[noreturn]] void fail(std::string_view what) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
  bool sync_ = true;
  mode_t mode_ = 0;
};

}  // namespace etl
