#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace etl::checks {

/// One thing that a load needs, looked at.
struct Check {
  enum class State : unsigned char { ok, warning, failed };
  std::string name;
  State state = State::ok;
  std::string detail;  ///< what was found
  std::string advice;  ///< what to do; empty when all is well
  ExitCode exit = ExitCode::done;
};

/// Where checks are gathered.
class Report {
 public:
  void ok(std::string name, std::string detail) { add({std::move(name), Check::State::ok, std::move(detail), {}, {}}); }
  void warn(std::string name, std::string detail, std::string advice) {
    add({std::move(name), Check::State::warning, std::move(detail), std::move(advice), {}});
  }
  void fail(std::string name, std::string detail, std::string advice, ExitCode exit) {
    add({std::move(name), Check::State::failed, std::move(detail), std::move(advice), exit});
  }
  /// The error as a failed check.
  void fail(std::string name, const Error& error);
  /// Runs a check; what it throws is a failed one. False when it threw.
  template <typename Work>
  bool guard(const std::string& name, Work&& work) {
    try {
      work();
      return true;
    } catch (const StoppedError&) {
      throw;
    } catch (const Error& error) {
      fail(name, error);
    } catch (const std::exception& error) {
      fail(name, error.what(), "internal error: please report it with the output of -v", ExitCode::internal);
    }
    return false;
  }

  [[nodiscard]] const std::vector<Check>& checks() const noexcept { return checks_; }
  [[nodiscard]] std::size_t count(Check::State state) const;
  /// The worst: the exit code of the first that failed; done without one.
  [[nodiscard]] ExitCode exit() const;

 private:
  void add(Check check) { checks_.push_back(std::move(check)); }

  std::vector<Check> checks_;
};

}  // namespace etl::checks
