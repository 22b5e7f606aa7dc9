#include "base/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/log.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"

namespace etl {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 100ms;
// Work that ends at once shows nothing.
constexpr auto kPatience = 300ms;
constexpr std::size_t kBar = 20;

std::atomic<std::chrono::seconds::rep> interval_seconds{60};

std::string amount(std::uint64_t value, Progress::Unit unit) {
  return unit == Progress::Unit::bytes ? human_bytes(value) : human_count(value);
}

std::string bar(double share) {
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(kBar));
  std::string result(filled, '=');
  if (filled < kBar) result += '>';
  result.resize(kBar, ' ');
  return result;
}

}  // namespace

std::string progress_line(const std::string& what, std::uint64_t done, std::optional<std::uint64_t> total,
                          Progress::Unit unit, std::chrono::duration<double> elapsed, std::size_t columns) {
  const double rate = elapsed.count() > 0 ? static_cast<double>(done) / elapsed.count() : 0;
  const std::string speed = amount(static_cast<std::uint64_t>(std::llround(rate)), unit) + "/s";
  std::string line;
  if (total && *total > 0) {
    // More than announced (a file grew) is still not more than all.
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total));
    line = fmt::format("{}  {:3.0f}% [{}] {} of {}  {}", what, std::floor(share * 100), bar(share), amount(done, unit),
                       amount(*total, unit), speed);
    if (rate > 0 && done < *total) {
      const std::chrono::duration<double> left(static_cast<double>(*total - done) / rate);
      line += fmt::format("  {} left", human_duration(std::max(left, std::chrono::duration<double>(0))));
    }
  } else if (done == 0) {
    line = fmt::format("{}  {}", what, human_duration(elapsed));
  } else {
    line = fmt::format("{}  {}  {}  {}", what, amount(done, unit), speed, human_duration(elapsed));
  }
  // A line that wraps cannot be erased.
  return columns > 0 ? std::string(utf8_prefix(line, columns - 1)) : line;
}

void Progress::set_interval(std::chrono::seconds interval) noexcept { interval_seconds = interval.count(); }

Progress::Progress(const std::string& what, std::optional<std::uint64_t> total, Unit unit)
    : what_(printable(what)),
      drawn_(terminal::stderr_takes_status() && log::enabled(log::Level::info) && !log::is_json()),
      told_(!drawn_ && log::enabled(log::Level::info)),
      interval_(interval_seconds.load()),
      total_(total.value_or(0)),
      has_total_(total.has_value()),
      unit_(unit) {
  if (drawn_ || told_) watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

Progress::~Progress() {
  if (watcher_.joinable()) {
    watcher_.request_stop();
    watcher_.join();
  }
  if (drawn_) log::status_line({});
}

void Progress::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  auto due = Clock::now() + (drawn_ ? Clock::duration(kPatience) : Clock::duration(interval_));
  while (!stop.stop_requested()) {
    woken_.wait_until(lock, stop, due, [] { return false; });
    if (stop.stop_requested()) return;
    const auto now = Clock::now();
    if (drawn_) {
      log::status_line(line(now, terminal::columns()));
      due = now + kInterval;
    } else {
      log::info("{}", line(now, 0));
      due = now + interval_;
    }
  }
}

std::string Progress::line(Clock::time_point now, std::size_t columns) {
  std::string name = what_;
  if (!phase_.empty()) name += ": " + phase_;
  if (!note_.empty()) name += ' ' + note_;
  const auto total = has_total_ ? std::optional(total_.load(std::memory_order_relaxed)) : std::nullopt;
  return progress_line(name, done(), total, unit_, now - start_, columns);
}

void Progress::note(const std::string& text) {
  const std::lock_guard lock(mutex_);
  note_ = printable(text);
}

void Progress::phase(const std::string& name, std::optional<std::uint64_t> total, Unit unit) {
  const std::lock_guard lock(mutex_);
  phase_ = name;
  note_.clear();
  has_total_ = total.has_value();
  total_ = total.value_or(0);
  unit_ = unit;
  done_ = 0;
  start_ = Clock::now();
}

}  // namespace etl
