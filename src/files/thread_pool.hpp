#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace etl::files {

/// A fixed number of threads with a bounded queue of tasks. The first exception of a task ends the work: waiting tasks
/// are dropped, and add() or finish() throws it.
template <typename Task>
class ThreadPool {
 public:
  /// `most_waiting`: add() waits when so many tasks do.
  ThreadPool(unsigned threads, std::size_t most_waiting, std::function<void(Task&)> work)
      : work_(std::move(work)), most_waiting_(most_waiting) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }
  ~ThreadPool() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      waiting_.clear();
    }
    changed_.notify_all();
    threads_.clear();
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void add(Task task) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return thrown_ || waiting_.size() < most_waiting_; });
    if (thrown_) std::rethrow_exception(thrown_);
    waiting_.push_back(std::move(task));
    lock.unlock();
    changed_.notify_all();
  }

  /// Returns when all is done.
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    threads_.clear();  // joins
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return thrown_ || closed_ || !waiting_.empty(); });
      if (thrown_ || waiting_.empty()) return;
      Task task = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      changed_.notify_all();
      try {
        work_(task);
      } catch (...) {
        fail(std::current_exception());
      }
      lock.lock();
    }
  }

  void fail(std::exception_ptr thrown) {
    std::deque<Task> dropped;  // what they hold may wake others: not under the lock
    {
      const std::lock_guard lock(mutex_);
      if (!thrown_) thrown_ = std::move(thrown);
      dropped.swap(waiting_);
    }
    changed_.notify_all();
  }

  std::function<void(Task&)> work_;
  std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  std::exception_ptr thrown_;
  bool closed_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace etl::files
