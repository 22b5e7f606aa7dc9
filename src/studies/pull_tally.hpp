#pragma once

#include <mutex>
#include <string>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "studies/pull.hpp"

namespace etl::studies {

/// What has become of the objects so far. Safe to use from many threads.
class PullTally {
 public:
  void listed();
  void unchanged();
  void adopted();
  void expect(std::uint64_t bytes);  ///< to be fetched
  void resumed(std::uint64_t bytes);
  void fetched(std::uint64_t bytes);
  void refused(const std::string& key, const std::string& reason);
  /// Throws the error on when it says that this key may not read at all: nothing was fetched, and others were refused
  /// before.
  void failed(const std::string& key, const Error& error);

  [[nodiscard]] Progress& progress() { return progress_; }
  /// When no thread uses it any more.
  [[nodiscard]] PullReport take();

 private:
  void note();
  [[nodiscard]] bool nothing_came() const;

  std::mutex mutex_;
  PullReport report_;
  std::uint64_t expected_ = 0;
  std::uint64_t not_allowed_ = 0;
  std::exception_ptr first_denial_;
  Progress progress_{"pulling", 0};
};

}  // namespace etl::studies
