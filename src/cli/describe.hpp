#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etl::cli {

/// What `--help`, the manual page and the completion say about a command.
struct Description {
  std::string summary;   ///< one line, imperative, no full stop: "load a study's records into the graph"
  std::string text;      ///< paragraphs: what it does, what it promises, what it does not
  std::vector<std::pair<std::string, std::string>> examples;  ///< command line, what it is for
};

/// Attaches a description; `--help` then shows summary, text, options, exit codes and examples.
/// Usage: `describe(*sub, {.summary = "…", .text = "…", .examples = {{"aced-etl graph ls", "all tables"}}});`
void describe(CLI::App& app, Description description);

/// The summary alone, or the first line of what the app was created with.
[[nodiscard]] std::string summary_of(const CLI::App& app);
[[nodiscard]] const Description* description_of(const CLI::App& app);

}  // namespace etl::cli
