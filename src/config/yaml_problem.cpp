#include "config/yaml_problem.hpp"

#include <fmt/format.h>

namespace etl::config {
namespace {

std::string_view line_of(std::string_view text, std::size_t number) {
  for (; number > 1 && !text.empty(); --number) {
    const std::size_t end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return text.substr(0, text.find_first_of("\r\n"));
}

bool is_indented_with_tab(std::string_view line) {
  return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

/// A line such as `program aced`, which continues as a text on the next line.
bool is_word_without_colon(std::string_view line) {
  return !line.empty() && line.front() != ' ' && line.front() != '-' && line.front() != '#' &&
         line.find(':') == std::string_view::npos;
}

/// Characters that YAML reserves, so that no plain text begins with one of them.
std::string_view reserved_in(std::string_view line) {
  const std::size_t at = line.find_first_of("%@`");
  return at == std::string_view::npos ? std::string_view{} : line.substr(at, 1);
}

YamlExplanation unclosed_quote(std::size_t line) {
  return {fmt::format("not YAML: the quote that opens on line {} is not closed on that line", line), line,
          "close the quote, or remove it if the text needs none"};
}

}  // namespace

YamlExplanation explain(const YamlProblem& problem, std::string_view text) {
  const std::string_view line = line_of(text, problem.line);
  if (problem.context == "while scanning a quoted scalar") return unclosed_quote(problem.begun);
  // A quote that is missing makes the next one close the text, several lines further down.
  if (problem.quote_line != 0 && problem.line == problem.quote_end) return unclosed_quote(problem.quote_line);
  if (is_indented_with_tab(line)) {
    return {fmt::format("not YAML: line {} is indented with a tab", problem.line), problem.line, "use spaces"};
  }
  if (problem.problem == "found character that cannot start any token") {
    if (const auto reserved = reserved_in(line); !reserved.empty()) {
      return {fmt::format("not YAML: a text cannot begin with `{}`, which YAML reserves", reserved), problem.line,
              "put the text in quotes"};
    }
  }
  if (problem.problem == "did not find expected ',' or ']'") {
    return {fmt::format("not YAML: the list that `[` opens on line {} is not closed, or lacks a comma", problem.begun),
            problem.begun, "close it with `]`, and separate its items with commas"};
  }
  if (problem.problem == "did not find expected ',' or '}'") {
    return {fmt::format("not YAML: the map that `{{` opens on line {} is not closed, or lacks a comma", problem.begun),
            problem.begun, "close it with `}`, and separate its members with commas"};
  }
  if (problem.problem == "mapping values are not allowed in this context") {
    if (problem.line > 1 && is_word_without_colon(line_of(text, problem.line - 1))) {
      return {fmt::format("not YAML: no `:` follows the key on line {}", problem.line - 1), problem.line - 1,
              "write settings as `key: value`"};
    }
    return {"not YAML: `key: value` is not possible here", problem.line,
            "indent it like the other keys of its map; put a text that contains `: ` in quotes"};
  }
  if (problem.problem == "did not find expected key" || problem.problem == "did not find expected '-' indicator") {
    return {fmt::format("not YAML: line {} does not continue what begins on line {}", problem.line, problem.begun),
            problem.line, "indent the keys of a map, and the items of a list, alike"};
  }
  if (problem.problem == "could not find expected ':'") {
    return {fmt::format("not YAML: no `:` follows the key on line {}", problem.begun), problem.begun,
            "write settings as `key: value`"};
  }
  return {
      fmt::format("not YAML: {}", problem.problem.empty() ? "it cannot be read" : problem.problem), problem.line, {}};
}

}  // namespace etl::config
