#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <utility>

#include "base/error.hpp"

namespace etl::files {

/// So many bytes of buffers for all files together; who wants more waits until others give theirs back.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : free_(bytes), all_(bytes) {}

  /// What was taken; given back at the end of its life.
  class Lease {
   public:
    Lease() = default;
    Lease(MemoryBudget& budget, std::uint64_t bytes) : budget_(&budget), bytes_(bytes) {}
    Lease(Lease&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      if (budget_ != nullptr) budget_->give_back(bytes_);
    }

   private:
    MemoryBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  /// StoppedError when `stop` is requested. Who wants more than there is at all gets all.
  [[nodiscard]] Lease take(std::uint64_t bytes, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const std::uint64_t wanted = std::min(bytes, all_);
    if (!returned_.wait(lock, stop, [&] { return free_ >= wanted; })) throw StoppedError();
    free_ -= wanted;
    return {*this, wanted};
  }

 private:
  void give_back(std::uint64_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      free_ += bytes;
    }
    returned_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any returned_;
  std::uint64_t free_;
  std::uint64_t all_;
};

}  // namespace etl::files
