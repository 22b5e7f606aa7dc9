#pragma once

#include <fmt/format.h>

#include <initializer_list>
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

/// Named details beside a message: members of the object in json; indented lines (`  name: value`) in text.
/// Empty values are left out.
using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;
void write(Level level, std::string_view message, Fields fields = {});

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
