#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace etl {

/// What the process answers to its caller; the table stands in docs/semantics.md.
enum class ExitCode : int {
  done = 0,
  internal = 1,       ///< an internal error
  usage = 2,          ///< usage or configuration
  invalid_input = 3,  ///< input invalid, or some of it set aside
  not_allowed = 4,    ///< not authenticated or not allowed
  unavailable = 5,    ///< a service did not answer or went away; running again resumes
  partial = 6,        ///< some items failed for good
  refused = 7,        ///< a service refused for good
  locked = 8,         ///< another run holds the project
  exhausted = 9,      ///< a limit of this machine or a server: full disk, quota, read-only file system, open files
};

/// The root of everything thrown on purpose: what happened, where (file:line, or an address without its
/// query or secrets), and what to do about it. Raised at the bottom, shown once at the top (src/cli/main.cpp).
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& what, std::string where = {}, std::string hint = {})
      : std::runtime_error(what), code_(code), where_(std::move(where)), hint_(std::move(hint)) {}

  [[nodiscard]] ExitCode code() const noexcept { return code_; }
  [[nodiscard]] const std::string& where() const noexcept { return where_; }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

 private:
  ExitCode code_;
  std::string where_;
  std::string hint_;
};

/// One type per family of exit codes, so that a caller can catch what it can mend.
template <ExitCode Code>
class ErrorOf : public Error {
 public:
  explicit ErrorOf(const std::string& what, std::string where = {}, std::string hint = {})
      : Error(Code, what, std::move(where), std::move(hint)) {}

 protected:
  /// For a kind that callers handle like its family but that ends the program with another exit code.
  ErrorOf(ExitCode code, const std::string& what, std::string where, std::string hint)
      : Error(code, what, std::move(where), std::move(hint)) {}
};

using InternalError = ErrorOf<ExitCode::internal>;
using UsageError = ErrorOf<ExitCode::usage>;
using InputError = ErrorOf<ExitCode::invalid_input>;
using NotAllowedError = ErrorOf<ExitCode::not_allowed>;
using UnavailableError = ErrorOf<ExitCode::unavailable>;
using PartialError = ErrorOf<ExitCode::partial>;
using RefusedError = ErrorOf<ExitCode::refused>;
using LockedError = ErrorOf<ExitCode::locked>;
using ExhaustedError = ErrorOf<ExitCode::exhausted>;

/// Thrown by what was asked to stop (SIGTERM, SIGINT), at a consistent point; running again goes on from there.
class StoppedError : public UnavailableError {
 public:
  explicit StoppedError(const std::string& what = "stopped", std::string where = {})
      : UnavailableError(what, std::move(where), "run again to go on") {}
};

}  // namespace etl
