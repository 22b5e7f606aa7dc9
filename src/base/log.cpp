#include "base/log.hpp"

#include <fmt/chrono.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/secrets.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"

namespace etl::log {
namespace {

using Named = std::vector<std::pair<std::string_view, std::string_view>>;

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
    if (line.empty() && status_.empty()) return;
    write_stderr(fmt::format("\r{}\x1b[K", line));
    status_ = line;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    if (status_.empty()) {
      write_stderr(fmt::format("{}\n", text));
    } else {
      write_stderr(fmt::format("\r\x1b[K{}\n{}", text, status_));
    }
  }
  void flush_() override {}

 private:
  std::string status_;
};

struct State {
  std::shared_ptr<StderrSink> sink = std::make_shared<StderrSink>();
  spdlog::logger logger{"aced-etl", sink};
  std::atomic<Level> least{Level::info};
  std::atomic<bool> json{false};

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

std::string json_line(Level level, std::string_view message, const Named& fields) {
  const auto now = std::chrono::system_clock::now();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::string line = fmt::format(R"({{"ts":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","msg":{})",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(now)), milliseconds,
                                 level_name(level), json_quote(message));
  for (const auto& [name, value] : fields) {
    if (!value.empty()) line += fmt::format(",{}:{}", json_quote(name), json_quote(value));
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

std::string text_line(Level level, std::string_view message, const Named& fields) {
  std::string line;
  if (level != Level::info) {  // what goes as planned needs no mark
    line = terminal::stderr_takes_colour() ? fmt::format("{}{}:\x1b[0m ", colour(level), level_name(level))
                                           : fmt::format("{}: ", level_name(level));
  }
  line += indented(message);
  for (const auto& [name, value] : fields) {
    if (!value.empty()) line += fmt::format("\n  {}: {}", name, indented(value));
  }
  return line;
}

}  // namespace

void setup(Level least, bool json) {
  state().least = least;
  state().json = json;
}

bool enabled(Level level) noexcept { return level >= state().least.load(std::memory_order_relaxed); }

bool is_json() noexcept { return state().json.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, Fields fields) {
  if (!enabled(level)) return;
  std::vector<std::string> texts;  // without secrets; reserved, since `clean` points into it
  texts.reserve(fields.size() + 1);
  const auto redacted = [&](std::string_view text) {
    return std::string_view(texts.emplace_back(secrets::redact(text)));
  };
  const std::string_view said = redacted(message);
  Named clean;
  for (const auto& [name, value] : fields) clean.emplace_back(name, redacted(value));
  const std::string line = is_json() ? json_line(level, said, clean) : text_line(level, said, clean);
  state().logger.log(spdlog_level(level), spdlog::string_view_t(line));
}

void status_line(std::string_view line) { state().sink->status(line); }

}  // namespace etl::log
