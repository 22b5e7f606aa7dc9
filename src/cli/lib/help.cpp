#include "cli/lib/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "base/terminal.hpp"
#include "base/text.hpp"
#include "cli/lib/describe.hpp"

namespace etl::cli {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kWidestLeft = 30;
constexpr std::size_t kWidest = 100;

/// Breaks at blanks; lines that start with a blank (lists, code) stay as they are.
std::vector<std::string> wrap(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::istringstream paragraphs(text);
  for (std::string paragraph; std::getline(paragraphs, paragraph);) {
    if (paragraph.empty() || paragraph.front() == ' ') {
      lines.push_back(paragraph);
      continue;
    }
    std::string line;
    std::istringstream words(paragraph);
    for (std::string word; words >> word;) {
      if (!line.empty() && width_of(line) + 1 + width_of(word) > width) lines.push_back(std::exchange(line, {}));
      line += line.empty() ? word : " " + word;
    }
    lines.push_back(line);
  }
  return lines;
}

using Rows = std::vector<std::pair<std::string, std::string>>;

class Page {
 public:
  explicit Page(std::size_t width) : width_(width) {}

  void line(const std::string& text) { (text_ += text) += '\n'; }

  void paragraphs(const std::string& text) {
    if (text.empty()) return;
    line("");
    for (const std::string& one : wrap(text, width_)) line(one);
  }

  void section(const std::string& title, const Rows& rows) {
    if (rows.empty()) return;
    line("");
    line(title + ":");
    std::size_t left = 0;
    for (const auto& row : rows) left = std::max(left, std::min(width_of(row.first), kWidestLeft));
    const std::size_t start = kIndent + left + 2;
    for (const auto& [name, text] : rows) {
      std::string current = std::string(kIndent, ' ') + name;
      if (width_of(name) > left) {
        line(current);
        current.clear();
      }
      for (const std::string& piece : wrap(text, width_ - start)) {
        current += std::string(start - std::min(start, width_of(current)), ' ');
        line(current + piece);
        current.clear();
      }
      if (!current.empty()) line(current);
    }
  }

  [[nodiscard]] std::string text() const { return text_; }

 private:
  std::size_t width_;
  std::string text_;
};

Rows option_rows(const std::vector<OptionDoc>& options) {
  Rows rows;
  for (const OptionDoc& option : options) rows.emplace_back(option_line(option), option.text);
  return rows;
}

const CLI::App& root_of(const CLI::App& app) {
  const CLI::App* root = &app;
  while (root->get_parent() != nullptr) root = root->get_parent();
  return *root;
}

}  // namespace

std::string option_line(const OptionDoc& option) {
  const bool is_argument = !option.names.empty() && option.names.front().front() != '-';
  // An argument that takes a few words shows them: `get|put` says more than ACTION.
  if (is_argument && !option.choices.empty()) return fmt::format("{}", fmt::join(option.choices, "|"));
  std::string line = fmt::format("{}", fmt::join(option.names, ", "));
  if (!option.value.empty() && !is_argument) line += " " + option.value;
  if (option.repeated) line += " ...";
  return line;
}

std::string usage_line(const CommandDoc& command) {
  std::string line = command.path.empty() ? "aced-etl" : "aced-etl " + command.path;
  if (!command.commands.empty()) line += " COMMAND";
  line += " [OPTIONS]";
  for (const OptionDoc& argument : command.arguments) {
    const std::string name = option_line(argument);
    line += argument.required ? " " + name : " [" + name + "]";
  }
  return line;
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode /*mode*/) const {
  const CLI::App& root = root_of(*app);
  CommandDoc command = document(*app);
  // `name` is the whole way down, "aced-etl graph load"; the tree was read from here on only.
  const std::size_t blank = name.find(' ');
  command.path = blank == std::string::npos ? "" : name.substr(blank + 1);

  Page page(std::min(terminal::columns(kWidest), kWidest));
  page.line(fmt::format("{} - {}", name, command.description.summary));
  page.line("");
  page.line("Usage: " + usage_line(command));
  page.paragraphs(command.description.text);
  page.section("Arguments", option_rows(command.arguments));
  Rows commands;
  for (const CommandDoc& sub : command.commands) commands.emplace_back(sub.name, sub.description.summary);
  page.section("Commands", commands);
  page.section("Options", option_rows(command.options));
  if (&root != app) page.section("Global options", option_rows(document(root).options));
  Rows codes;
  for (const auto& [code, meaning] : kExitCodes) codes.emplace_back(std::to_string(static_cast<int>(code)), meaning);
  page.section("Exit codes", codes);
  if (!command.description.examples.empty()) {
    page.line("");
    page.line("Examples:");
    for (const auto& [line, purpose] : command.description.examples) {
      if (!purpose.empty()) page.line("  # " + purpose);
      page.line("  " + line);
    }
  }
  return page.text();
}

}  // namespace etl::cli
