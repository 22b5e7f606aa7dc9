#include "base/log.hpp"

#include <fmt/chrono.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/secrets.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"

namespace etl::log {
namespace {

/// A detail without secrets.
struct Detail {
  std::string_view name;
  std::string text;
  bool is_json = false;
};
using Details = std::vector<Detail>;
using Clock = std::chrono::steady_clock;

/// How often repeated retries are written where no line can be drawn over.
constexpr std::chrono::seconds kRetryInterval{60};

void write_stderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // stderr is gone: there is nobody left to tell
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Writes whole lines with one write(2), so that lines of several processes on one pipe do not mix, and
/// keeps the status line below them.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void status(std::string_view line) {
    const std::lock_guard lock(mutex_);
    status_ = line;
    draw();
  }

  /// A notice takes the place of the status line while it lasts.
  void begin_notice(std::string_view line) {
    const std::lock_guard lock(mutex_);
    ++notices_;
    notice_ = line;
    draw();
  }
  void end_notice() {
    const std::lock_guard lock(mutex_);
    if (--notices_ > 0) return;
    notice_.clear();
    draw();
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    if (shown_.empty()) {
      write_stderr(fmt::format("{}\n", text));
    } else {
      write_stderr(fmt::format("\r\x1b[K{}\n{}", text, shown_));
    }
  }
  void flush_() override {}

 private:
  void draw() {
    const std::string& line = notice_.empty() ? status_ : notice_;
    if (line.empty() && shown_.empty()) return;
    write_stderr(fmt::format("\r{}\x1b[K", line));
    shown_ = line;
  }

  std::string status_;
  std::string notice_;
  std::string shown_;
  unsigned notices_ = 0;
};

struct State {
  std::shared_ptr<StderrSink> sink = std::make_shared<StderrSink>();
  spdlog::logger logger{"aced-etl", sink};
  std::atomic<Level> least{Level::info};
  std::atomic<bool> json{false};
  std::atomic<bool> timestamps{false};

  std::mutex mutex;  ///< of all below
  std::string study, project, step;
  bool warn_once = false;
  std::unordered_set<std::size_t> warned;  ///< hashes of study and message
  struct Retries {
    Clock::time_point last;
    unsigned left_out = 0;
  };
  std::map<std::string, Retries, std::less<>> retries;  ///< by kind

  State() { logger.set_level(spdlog::level::trace); }  // enabled() decides, before a message is made
};

// Never destroyed: destructors of other statics may still log.
State& state() {
  static State& instance = *std::make_unique<State>().release();
  return instance;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      break;
  }
  return spdlog::level::off;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warning";
    case Level::error:
      return "error";
    case Level::off:
      break;
  }
  return "off";
}

std::string_view colour(Level level) {
  if (level == Level::error) return "\x1b[31m";
  if (level == Level::warn) return "\x1b[33m";
  return "\x1b[2m";
}

std::string now_text() {
  const auto now = std::chrono::system_clock::now();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                     milliseconds);
}

std::string json_line(Level level, std::string_view message, const Details& details) {
  std::string line =
      fmt::format(R"({{"ts":"{}","level":"{}","msg":{})", now_text(), level_name(level), json_quote(message));
  for (const Detail& detail : details) {
    if (detail.text.empty()) continue;
    line += fmt::format(",{}:{}", json_quote(detail.name), detail.is_json ? detail.text : json_quote(detail.text));
  }
  return line + '}';
}

/// A line break in a message stays inside the message: what follows is indented.
std::string indented(std::string_view text) {
  std::string result = printable(text);
  for (std::size_t at = result.find('\n'); at != std::string::npos; at = result.find('\n', at + 3)) {
    result.replace(at, 1, "\n  ");
  }
  return result;
}

std::string text_line(Level level, std::string_view message, const Details& details) {
  std::string line;
  if (state().timestamps.load(std::memory_order_relaxed)) line = now_text() + ' ';
  if (level != Level::info) {  // what goes as planned needs no mark
    line += terminal::stderr_takes_colour() ? fmt::format("{}{}:\x1b[0m ", colour(level), level_name(level))
                                            : fmt::format("{}: ", level_name(level));
  }
  line += indented(message);
  for (const Detail& detail : details) {
    if (!detail.text.empty()) line += fmt::format("\n  {}: {}", detail.name, indented(detail.text));
  }
  return line;
}

/// Adds what the scope knows: members in JSON, the study in front of a text that does not begin with it.
void add_scope(std::string& message, Details& details) {
  const std::lock_guard lock(state().mutex);
  if (state().study.empty()) return;
  if (!is_json()) {
    const std::string prefix = state().study + ": ";
    if (!message.starts_with(prefix)) message.insert(0, prefix);
    return;
  }
  const auto add = [&](std::string_view name, const std::string& value) {
    for (const Detail& detail : details) {
      if (detail.name == name) return;
    }
    details.push_back({name, value});
  };
  add("study", state().study);
  add("project", state().project);
  add("step", state().step);
}

bool already_warned(std::string_view message, Fields fields) {
  const std::lock_guard lock(state().mutex);
  if (!state().warn_once) return false;
  std::string whole = fmt::format("{}\n{}", state().study, message);
  for (const auto& [name, value] : fields) whole += fmt::format("\n{}: {}", name, value.text());
  return !state().warned.insert(std::hash<std::string>{}(whole)).second;
}

/// A line that wraps cannot be erased.
std::string cut_to_terminal(const std::string& line) {
  const std::size_t columns = terminal::columns();
  return columns > 0 ? std::string(utf8_prefix(line, columns - 1)) : line;
}

}  // namespace

void setup(Level least, bool json) {
  state().least = least;
  state().json = json;
}

void set_timestamps(bool on) noexcept { state().timestamps = on; }

bool enabled(Level level) noexcept { return level >= state().least.load(std::memory_order_relaxed); }

bool is_json() noexcept { return state().json.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, Fields fields) {
  if (!enabled(level)) return;
  if (level == Level::warn && already_warned(message, fields)) return;
  std::string clean = secrets::redact(message);
  Details details;
  for (const auto& [name, value] : fields) details.push_back({name, secrets::redact(value.text()), value.is_json()});
  add_scope(clean, details);
  const std::string line = is_json() ? json_line(level, clean, details) : text_line(level, clean, details);
  state().logger.log(spdlog_level(level), spdlog::string_view_t(line));
}

void status_line(std::string_view line) { state().sink->status(line); }

Scope::Scope(std::string_view study, std::string_view project, std::string_view step) {
  const std::lock_guard lock(state().mutex);
  state().study = study;
  state().project = project;
  state().step = step;
}

Scope::~Scope() {
  const std::lock_guard lock(state().mutex);
  state().study.clear();
  state().project.clear();
  state().step.clear();
}

WarnOnce::WarnOnce() {
  const std::lock_guard lock(state().mutex);
  state().warn_once = true;
  state().warned.clear();
}

WarnOnce::~WarnOnce() {
  const std::lock_guard lock(state().mutex);
  state().warn_once = false;
}

RetryNotice::RetryNotice(std::string_view kind, std::string_view message, Fields fields) {
  if (!enabled(Level::info)) return;
  if (!enabled(Level::debug) && !is_json() && terminal::stderr_takes_status()) {
    state().sink->begin_notice(cut_to_terminal(printable(secrets::redact(message))));
    drawn_ = true;
    return;
  }
  unsigned left_out = 0;
  if (!enabled(Level::debug)) {
    const std::lock_guard lock(state().mutex);
    const auto now = Clock::now();
    const auto [known, first] = state().retries.try_emplace(std::string(kind), State::Retries{.last = now});
    if (!first && now - known->second.last < kRetryInterval) {
      ++known->second.left_out;
      return;
    }
    left_out = std::exchange(known->second.left_out, 0);
    known->second.last = now;
  }
  write(Level::info,
        left_out == 0 ? std::string(message) : fmt::format("{} (and {} retries before this one)", message, left_out),
        fields);
}

RetryNotice::~RetryNotice() {
  if (drawn_) state().sink->end_notice();
}

}  // namespace etl::log
