#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

/// A full disk, a quota, a read-only file system, too many open files: limits of this machine. None of them goes away
/// because the program tries again, so they are errors of their own (ExhaustedError, exit code 9) and are not retried.
namespace etl {

/// Is this `errno` such a limit (ENOSPC, EDQUOT, EROFS, EMFILE, ENFILE, and EFBIG where `ulimit -f` sets it)?
[[nodiscard]] bool is_exhausted(int error) noexcept;

/// Throws ExhaustedError when is_exhausted(error), and returns otherwise; the caller then throws its own error.
/// `place` is the file or folder that was opened or written, empty where it has no name; the message says how
/// much its file system has left. `needed`: bytes that the caller still has to write there, 0 when it does not know.
void refuse_if_exhausted(int error, const std::filesystem::path& place, std::uint64_t needed = 0);

/// The same for a stream without a name of its own: "standard output", a temporary file.
void refuse_exhausted_stream(int error, std::string_view stream);

/// Throws ExhaustedError when this process, or the machine, cannot open one more file. For libraries that do not pass
/// on the `errno` of a failed call.
void refuse_without_descriptors();

/// Bytes that this user may still write to the file system of `path`, or of its nearest parent that exists; none where
/// the file system does not say.
[[nodiscard]] std::optional<std::uint64_t> free_bytes(const std::filesystem::path& path);

/// Throws ExhaustedError when the file system of `folder` is read-only or has not one byte free.
void require_writable_disk(const std::filesystem::path& folder);

/// Throws ExhaustedError: `place` has too little room for the `needed` bytes of `what` ("this pull").
[[noreturn]] void refuse_without_space(const std::filesystem::path& place, std::uint64_t needed, std::string_view what);

}  // namespace etl
