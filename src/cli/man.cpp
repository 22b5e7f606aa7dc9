#include <fmt/format.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/version.hpp"
#include "cli/commands.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/help.hpp"
#include "cli/lib/print.hpp"

namespace etl::cli {
namespace {

/// Text as roff takes it: no escape, no request at a line's start, hyphens that can be copied.
std::string roff(std::string_view text) {
  std::string result;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
    line_start = c == '\n';
  }
  return result;
}

void paragraphs(const std::string& text, std::string& out) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += line.empty() ? ".PP\n" : roff(line) + "\n";
}

void entry(const std::string& name, std::string_view text, std::string& out) {
  out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(name), roff(text));
}

void examples(const Description& description, std::string& out) {
  for (const auto& [line, purpose] : description.examples) {
    out += fmt::format(".PP\n{}:\n.PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n", roff(purpose), roff(line));
  }
}

void command(const CommandDoc& doc, std::string& out) {
  // A group has no work of its own: its commands say all.
  if (doc.commands.empty()) {
    out += fmt::format(".SS \"aced\\-etl {}\"\n", roff(doc.path));
    out += fmt::format("\\fB{}\\fR\n.PP\n{}.\n.PP\n", roff(usage_line(doc)), roff(doc.description.summary));
    paragraphs(doc.description.text, out);
    for (const OptionDoc& argument : doc.arguments) entry(option_line(argument), argument.text, out);
    for (const OptionDoc& option : doc.options) entry(option_line(option), option.text, out);
    examples(doc.description, out);
  }
  for (const CommandDoc& sub : doc.commands) command(sub, out);
}

std::string manual(const CommandDoc& root) {
  std::string out = fmt::format(".TH ACED\\-ETL 1 \"\" \"aced\\-etl {}\" \"User commands\"\n", version());
  out += fmt::format(".SH NAME\naced\\-etl \\- {}\n", roff(root.description.summary));
  out += fmt::format(".SH SYNOPSIS\n\\fB{}\\fR\n.SH DESCRIPTION\n", roff(usage_line(root)));
  paragraphs(root.description.text, out);
  out += ".SH GLOBAL OPTIONS\n";
  for (const OptionDoc& option : root.options) entry(option_line(option), option.text, out);
  out += ".SH COMMANDS\n";
  for (const CommandDoc& sub : root.commands) command(sub, out);
  out += ".SH SETTINGS\nNames as in etl.yaml, where dots are nested maps.\n";
  for (const config::Key& key : config::known_keys()) {
    std::vector<std::string> ways;
    if (!key.flag.empty()) ways.push_back(fmt::format("flag {}", key.flag));
    if (!key.environment.empty()) ways.push_back(fmt::format("environment {}", key.environment));
    if (!key.fallback.empty()) ways.push_back(fmt::format("default {}", key.fallback));
    entry(std::string(key.name), fmt::format("{} [{}]", key.help, fmt::join(ways, "; ")), out);
  }
  out += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : kExitCodes) entry(std::to_string(static_cast<int>(code)), meaning, out);
  out += ".SH EXAMPLES\n";
  examples(root.description, out);
  return out;
}

}  // namespace

void add_man(CLI::App& app, Context& /*context*/) {
  CLI::App* group = app.add_subcommand("man");
  group->group(kAboutItself);
  describe(*group, {.summary = "print the manual page of all commands",
                    .text = "In roff, as man reads it.",
                    .examples = {{"aced-etl man | man -l -", "read it"},
                                 {"aced-etl man > /usr/share/man/man1/aced-etl.1", "install it"}}});
  group->callback([&app] { write_out(manual(document(app))); });
}

}  // namespace etl::cli
