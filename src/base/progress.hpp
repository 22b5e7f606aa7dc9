#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace etl {

/// One line that shows how far a long piece of work is, e.g.
/// `loading  45% [====>     ] 1.2 GB of 2.7 GB  85.0 MB/s  17 s left`. On a terminal it is drawn again while the work
/// goes on, ten times a second at most, also while nothing is added, and it is erased at the end. Without a terminal
/// the same facts are an ordinary message once a minute (set_interval()). Nothing is shown with -q, and JSON gets
/// messages only. add() costs an atomic addition.
class Progress {
 public:
  enum class Unit { bytes, items };

  /// How often there is a message where nothing can be drawn; of those made later.
  static void set_interval(std::chrono::seconds interval) noexcept;

  /// `total` is what add() sums up to, if that is known.
  Progress(const std::string& what, std::optional<std::uint64_t> total, Unit unit = Unit::bytes);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// So much more is done. From any thread.
  void add(std::uint64_t amount) { done_.fetch_add(amount, std::memory_order_relaxed); }
  /// The total grows by so much: it is found while the work goes on. Only where a total was given at first.
  void expect(std::uint64_t more) { total_.fetch_add(more, std::memory_order_relaxed); }
  /// Stands behind the name from now on: "12 of 30 files". From any thread.
  void note(const std::string& text);
  /// The next part of the work begins: "writing", with its own total and time. From any thread.
  void phase(const std::string& name, std::optional<std::uint64_t> total = std::nullopt, Unit unit = Unit::items);
  [[nodiscard]] std::uint64_t done() const { return done_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;
  void watch(const std::stop_token& stop);
  [[nodiscard]] std::string line(Clock::time_point now, std::size_t columns);

  const std::string what_;
  const bool drawn_;
  const bool told_;  ///< by a message now and then
  const std::chrono::seconds interval_;
  std::atomic<std::uint64_t> total_;
  std::atomic<std::uint64_t> done_{0};
  std::mutex mutex_;  ///< of all below
  std::condition_variable_any woken_;
  bool has_total_;
  Unit unit_;
  Clock::time_point start_ = Clock::now();
  std::string note_;
  std::string phase_;
  std::jthread watcher_;  ///< last: it uses all the others
};

/// The line itself, at most `columns` wide; 0 is without limit.
[[nodiscard]] std::string progress_line(const std::string& what, std::uint64_t done, std::optional<std::uint64_t> total,
                                        Progress::Unit unit, std::chrono::duration<double> elapsed,
                                        std::size_t columns);

}  // namespace etl
