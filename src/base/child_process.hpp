#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace etl {

struct ChildLimits {
  std::chrono::milliseconds time{60'000};
  std::size_t output = std::size_t{64} * 1024;  ///< bytes of standard output
};

struct ChildResult {
  std::string output;  ///< what it wrote to standard output
  std::string
      failure;  ///< empty after exit code 0, else a predicate: "ended with exit code 3", "could not be started: …"
};

/// Runs a program without a shell, found along PATH, with no standard input; its standard error is discarded. It is
/// killed when it exceeds a limit. `words` is never empty.
[[nodiscard]] ChildResult run_child(const std::vector<std::string>& words, const ChildLimits& limits);

}  // namespace etl
