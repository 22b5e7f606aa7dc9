#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace etl {

/// One line that shows how far a long piece of work is, e.g.
/// `loading  45% [====>     ] 1.2 GB of 2.7 GB  85.0 MB/s  17 s left`. Drawn only when stderr is a terminal,
/// messages are text, and -q is not given; otherwise every call costs an atomic addition and nothing is
/// written. Drawn ten times a second at most, erased at the end.
class Progress {
 public:
  enum class Unit { bytes, items };

  /// `total` is what add() sums up to, if that is known.
  Progress(const std::string& what, std::optional<std::uint64_t> total, Unit unit = Unit::bytes);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// So much more is done. From any thread.
  void add(std::uint64_t amount);
  /// The total grows by so much: it is found while the work goes on. Only where a total was given at first.
  void expect(std::uint64_t more) { total_.fetch_add(more, std::memory_order_relaxed); }
  /// Stands behind the name from now on: "12 of 30 files". From any thread.
  void note(const std::string& text);
  [[nodiscard]] std::uint64_t done() const { return done_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);

  const std::string what_;
  const bool has_total_;
  std::atomic<std::uint64_t> total_;
  const Unit unit_;
  const bool shown_;
  const Clock::time_point start_ = Clock::now();
  std::atomic<std::uint64_t> done_{0};
  std::atomic<Clock::rep> next_;  ///< when to draw again, in ticks of the clock
  std::mutex drawing_;
  std::mutex noting_;
  std::string note_;
};

/// The line itself, at most `columns` wide.
[[nodiscard]] std::string progress_line(const std::string& what, std::uint64_t done, std::optional<std::uint64_t> total,
                                        Progress::Unit unit, std::chrono::duration<double> elapsed,
                                        std::size_t columns);

}  // namespace etl
