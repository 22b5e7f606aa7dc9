#pragma once

#include <fmt/format.h>

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

/// What the program says while it works: always stderr, never stdout, so that a result can be piped.
/// Every call is safe from any thread. Secrets that base/secrets.hpp knows, and what is a secret by its place, are
/// replaced by `***`.
namespace etl::log {

enum class Level { debug, info, warn, error, off };

/// Text is for people (`warning: …`); json is one object a line with `ts` (UTC, RFC 3339), `level`, `msg`,
/// for collectors. Colour only on a terminal and without NO_COLOR. Before the first call: info, text.
void setup(Level least, bool json);

[[nodiscard]] bool enabled(Level level) noexcept;
[[nodiscard]] bool is_json() noexcept;

/// Puts the time (UTC, RFC 3339) in front of every line of text. JSON always has it.
void set_timestamps(bool on) noexcept;

/// The value of a detail. Numbers and booleans stay what they are in JSON.
class Value {
 public:
  Value(std::string_view text) : text_(text) {}    // NOLINT(google-explicit-constructor)
  Value(const char* text) : text_(text) {}         // NOLINT(google-explicit-constructor)
  Value(const std::string& text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  template <std::integral Number>
  Value(Number number) : text_(fmt::to_string(number)), is_json_(true) {}  // NOLINT(google-explicit-constructor)
  /// A document that is already JSON, for a detail that has parts.
  [[nodiscard]] static Value json(std::string document) {
    Value value(document);
    value.is_json_ = true;
    return value;
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_json() const { return is_json_; }

 private:
  std::string text_;
  bool is_json_ = false;
};

/// Named details beside a message: members of the object in json; indented lines (`  name: value`) in text.
/// Empty values are left out.
using Fields = std::initializer_list<std::pair<std::string_view, Value>>;
void write(Level level, std::string_view message, Fields fields = {});

/// While one lives, every message, from any thread, belongs to this study and step: members in JSON, and in text the
/// study's name in front of the message. A run works on one study at a time, so there is one scope at a time.
class Scope {
 public:
  Scope(std::string_view study, std::string_view project, std::string_view step);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
};

/// While one lives, a warning that was already written for the same study is not written again: a step that is tried
/// again repeats its warnings.
class WarnOnce {
 public:
  WarnOnce();
  ~WarnOnce();
  WarnOnce(const WarnOnce&) = delete;
  WarnOnce& operator=(const WarnOnce&) = delete;
};

/// Lives while the program waits before it tries something again. With -v every wait is a line. Otherwise a terminal
/// shows one line that is drawn over and erased afterwards; without a terminal the first wait of a `kind` is written at
/// once, and later ones at most once a minute, with the number of those that were left out.
class RetryNotice {
 public:
  RetryNotice(std::string_view kind, std::string_view message, Fields fields = {});
  ~RetryNotice();
  RetryNotice(const RetryNotice&) = delete;
  RetryNotice& operator=(const RetryNotice&) = delete;

 private:
  bool drawn_ = false;
};

/// The line at the bottom of a terminal that is drawn over and over (src/base/progress.hpp); log lines
/// scroll above it. Empty erases it. The caller has seen to it that stderr is a terminal.
void status_line(std::string_view line);

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warn)) write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace etl::log
