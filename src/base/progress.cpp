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
  } else {
    line = fmt::format("{}  {}  {}  {}", what, amount(done, unit), speed, human_duration(elapsed));
  }
  // A line that wraps cannot be erased.
  if (columns > 0 && line.size() >= columns) line.resize(columns - 1);
  return line;
}

Progress::Progress(const std::string& what, std::optional<std::uint64_t> total, Unit unit)
    : what_(printable(what)),
      has_total_(total.has_value()),
      total_(total.value_or(0)),
      unit_(unit),
      shown_(terminal::stderr_takes_status() && log::enabled(log::Level::info) && !log::is_json()),
      next_((start_ + kPatience).time_since_epoch().count()) {}

Progress::~Progress() {
  if (shown_) log::status_line({});
}

void Progress::add(std::uint64_t amount_done) {
  done_.fetch_add(amount_done, std::memory_order_relaxed);
  if (!shown_) return;
  const auto now = Clock::now();
  if (now.time_since_epoch().count() >= next_.load(std::memory_order_relaxed)) draw(now);
}

void Progress::draw(Clock::time_point now) {
  // Who comes while another draws has nothing to add.
  const std::unique_lock lock(drawing_, std::try_to_lock);
  if (!lock) return;
  next_.store((now + kInterval).time_since_epoch().count(), std::memory_order_relaxed);
  std::string name = what_;
  {
    const std::lock_guard noted(noting_);
    if (!note_.empty()) name += ' ' + note_;
  }
  const auto total = has_total_ ? std::optional(total_.load(std::memory_order_relaxed)) : std::nullopt;
  log::status_line(progress_line(name, done(), total, unit_, now - start_, terminal::columns()));
}

void Progress::note(const std::string& text) {
  if (!shown_) return;
  const std::lock_guard noted(noting_);
  note_ = printable(text);
}

}  // namespace etl
