#include "base/process_name.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "base/secrets.hpp"
#include "base/text.hpp"

namespace etl {
namespace {

constexpr std::size_t most_command = 200;
constexpr std::size_t most_host = 24;
constexpr std::size_t most_session = 63;  // PostgreSQL's NAMEDATALEN - 1

std::string& command_line() {
  static std::string words = "aced-etl";
  return words;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

std::string clipped(std::string_view text, std::size_t most) { return std::string(text.substr(0, most)); }

}  // namespace

void set_command_line(int argc, char** argv) {
  std::string words = "aced-etl";
  for (int i = 1; i < argc; ++i) words.append(" ").append(argv[i]);
  command_line() = std::move(words);
}

ProcessName this_process() {
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return {.pid = std::to_string(::getpid()),
          .host = host_name(),
          .command = clipped(printable(secrets::redact(command_line())), most_command),
          .since = fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", now)};
}

std::string in_words(const ProcessName& name) {
  std::string text = fmt::format("process {}", name.pid.empty() ? "unknown" : name.pid);
  if (!name.host.empty()) text += fmt::format(" on {}", name.host);
  if (!name.command.empty()) text += fmt::format(" ({})", name.command);
  if (!name.since.empty()) text += fmt::format(", since {}", name.since);
  return text;
}

std::string session_name(const ProcessName& name) {
  constexpr std::string_view program = "aced-etl ";
  std::string_view command = name.command;
  if (command.starts_with(program)) command.remove_prefix(program.size());
  return clipped(fmt::format("aced-etl: process {} on {}: {}", name.pid, clipped(name.host, most_host), command),
                 most_session);
}

std::string to_lines(const ProcessName& name) {
  return fmt::format("{}\n{}\n{}\n{}\n", name.pid, name.host, name.command, name.since);
}

ProcessName from_lines(std::string_view text) {
  ProcessName name;
  for (std::string* member : {&name.pid, &name.host, &name.command, &name.since}) {
    const auto end = std::min(text.find('\n'), text.size());
    *member = printable(trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return name;
}

}  // namespace etl
