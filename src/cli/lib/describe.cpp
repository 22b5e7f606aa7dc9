#include "cli/lib/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace etl::cli {
namespace {

/// CLI11 writes a type as "TEXT:{a,b}" or "TEXT:FILE": the C++ type, then what its checks say.
void read_type(const std::string& type, OptionDoc& doc) {
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open == std::string::npos ? 0 : open);
  if (open != std::string::npos && close != std::string::npos) {
    std::istringstream list(type.substr(open + 1, close - open - 1));
    for (std::string choice; std::getline(list, choice, ',');) doc.choices.push_back(choice);
    doc.value = fmt::format("{}", fmt::join(doc.choices, "|"));
    return;
  }
  const std::string base = type.substr(0, type.find(':'));
  const auto checked_as = [&](const char* check) { return type.find(check, base.size()) != std::string::npos; };
  if (checked_as("FILE")) {
    doc.value = "FILE";
  } else if (checked_as("DIR")) {
    doc.value = "FOLDER";
  } else if (checked_as("PATH")) {
    doc.value = "PATH";
  } else if (base == "UINT" || base == "INT") {
    doc.value = "N";
  } else {
    doc.value = base.empty() ? "VALUE" : base;
  }
}

OptionDoc document(const CLI::Option& option) {
  OptionDoc doc;
  if (option.nonpositional()) {
    for (const std::string& name : option.get_snames()) doc.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) doc.names.push_back("--" + name);
  } else {
    doc.names.push_back(option.get_name(true, false));
  }
  if (option.get_expected_min() > 0) read_type(option.get_type_name(), doc);  // 0: a flag
  // An argument is shown as what it takes: BUCKET, not bucket.
  const bool named = std::ranges::all_of(doc.value, [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
  if (!option.nonpositional() && named && doc.value != "TEXT" && doc.value != "VALUE") doc.names.front() = doc.value;
  doc.text = option.get_description();
  std::vector<std::string> notes;
  if (option.get_required() && option.nonpositional()) notes.emplace_back("required");
  if (!option.get_default_str().empty()) notes.push_back("default: " + option.get_default_str());
  if (!option.get_envname().empty()) notes.push_back("environment: " + option.get_envname());
  if (!notes.empty()) doc.text += fmt::format(" [{}]", fmt::join(notes, "; "));
  doc.required = option.get_required();
  doc.repeated = option.get_expected_max() > 1;
  return doc;
}

void add_options(const CLI::App& app, CommandDoc& doc) {
  for (const CLI::Option* option : app.get_options([](const CLI::Option* o) { return !o->get_group().empty(); })) {
    // Every command inherits --help; it is told once, with the global options.
    if (option == app.get_help_ptr() && app.get_parent() != nullptr) continue;
    (option->nonpositional() ? doc.options : doc.arguments).push_back(document(*option));
  }
}

CommandDoc document(const CLI::App& app, const std::string& path) {
  CommandDoc doc;
  doc.name = app.get_name();
  doc.path = path;
  doc.description = description_of(app);
  add_options(app, doc);
  for (const CLI::App* sub : app.get_subcommands(std::function<bool(const CLI::App*)>{})) {
    if (sub->get_name().empty()) {
      add_options(*sub, doc);  // an option group is part of its command
    } else if (!sub->get_group().empty()) {
      doc.commands.push_back(document(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name()));
    }
  }
  return doc;
}

}  // namespace

void describe(CLI::App& app, const Description& description) {
  app.description(description.text.empty() ? description.summary : description.summary + "\n\n" + description.text);
  std::string footer;
  for (const auto& [command, purpose] : description.examples) footer += fmt::format("{}\t{}\n", command, purpose);
  app.footer(footer);
}

Description description_of(const CLI::App& app) {
  Description description;
  const std::string whole = app.get_description();
  const std::size_t end = whole.find('\n');
  description.summary = whole.substr(0, end);
  if (end != std::string::npos)
    description.text = whole.substr(std::min(whole.find_first_not_of('\n', end), whole.size()));
  std::istringstream footer(app.get_footer());
  for (std::string line; std::getline(footer, line);) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) description.examples.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  return description;
}

CommandDoc document(const CLI::App& app) { return document(app, ""); }

}  // namespace etl::cli
