#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace etl::cli {

/// What `--help`, the manual page and the completion say about a command.
struct Description {
  std::string summary;  ///< one line, imperative, no full stop: "load a study's records into the graph"
  std::string text;     ///< paragraphs (blank line between): what it does, what it promises, what it does not
  std::vector<std::pair<std::string, std::string>> examples;  ///< command line, what it is for
};

/// Attaches a description; `--help` then shows summary, text, options, exit codes and examples.
/// Usage: `describe(*sub, {.summary = "…", .text = "…", .examples = {{"aced-etl graph counts", "all tables"}}});`
/// It is kept in the app's own description and footer, so these are not to be set besides.
void describe(CLI::App& app, const Description& description);
[[nodiscard]] Description description_of(const CLI::App& app);

/// An option or argument as help, manual and completion need it.
struct OptionDoc {
  std::vector<std::string> names;    ///< "-o", "--output"; of an argument its one name, "PROJECT"
  std::string value;                 ///< "FILE", "FOLDER", "N", "table|json|yaml", …; empty for a flag
  std::vector<std::string> choices;  ///< where only certain values are allowed
  std::string text;                  ///< what it does, with default and environment
  bool required = false;
  bool repeated = false;
};

/// A command of the tree with everything below it.
struct CommandDoc {
  std::string name;
  std::string path;  ///< "graph load"; empty for the program itself
  Description description;
  std::vector<OptionDoc> options;  ///< its own; those of the program are global
  std::vector<OptionDoc> arguments;
  std::vector<CommandDoc> commands;
};

/// Reads the CLI11 tree, the one source of help, manual and completion. Hidden things (empty group) are left out.
[[nodiscard]] CommandDoc document(const CLI::App& app);

}  // namespace etl::cli
