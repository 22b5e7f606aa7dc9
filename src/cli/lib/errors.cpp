#include "cli/lib/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/suggestion.hpp"
#include "cli/lib/print.hpp"

namespace etl::cli {
namespace {

std::atomic<Output> error_output{Output::table};

/// A reader of stdout that wants a document gets one, whatever happened.
void write_document(ExitCode code, std::string_view what, std::string_view where, std::string_view hint) {
  if (error_output == Output::table || has_written()) return;
  nlohmann::ordered_json document{{"error", what}};
  if (!where.empty()) document["at"] = where;
  if (!hint.empty()) document["do"] = hint;
  document["exit"] = static_cast<int>(code);
  try {
    write_out(document_text(error_output, document));
  } catch (const std::exception&) {  // stdout is gone; stderr says what happened
  }
}

ExitCode show(ExitCode code, std::string_view what, std::string_view where, std::string_view hint) {
  if (log::is_json()) {
    log::write(log::Level::error, what, {{"at", where}, {"do", hint}, {"exit", static_cast<int>(code)}});
  } else {
    log::write(log::Level::error, what, {{"at", where}, {"do", hint}});
  }
  write_document(code, what, where, hint);
  return code;
}

/// The command that was reached, and the words that lead there.
struct Reached {
  const CLI::App* app;
  std::string path;
};

Reached reached(const CLI::App& root) {
  Reached result{&root, root.get_name()};
  for (auto subs = result.app->get_subcommands(); !subs.empty(); subs = result.app->get_subcommands()) {
    result.app = subs.front();
    result.path += " " + result.app->get_name();
  }
  return result;
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& apps) {
  std::vector<std::string> names;
  for (const CLI::App* app : apps) {
    if (!app->get_name().empty() && !app->get_group().empty()) names.push_back(app->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

}  // namespace

void set_error_output(Output output) noexcept { error_output = output; }

ExitCode report(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) {
    return show(ours->code(), ours->what(), ours->where(), ours->hint());
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return show(ExitCode::internal, "internal error: out of memory", {},
                "lower --threads or give the pod more memory; if that does not help, please report it");
  }
  return show(ExitCode::internal, fmt::format("internal error: {}", error.what()), {},
              "please report it, with the command line and the version");
}

ExitCode report_usage(const CLI::App& app, const CLI::ParseError& error) {
  const Reached at = reached(app);
  const auto commands = names_of(at.app->get_subcommands(std::function<bool(const CLI::App*)>{}));
  const auto left = app.remaining(true);
  const std::string help = fmt::format("see `{} --help`", at.path);

  const auto is_option = [](const std::string& word) { return word.size() > 1 && word.front() == '-'; };
  const auto option = std::find_if(left.begin(), left.end(), is_option);
  const auto word = std::find_if_not(left.begin(), left.end(), is_option);
  const auto meant = [&](const std::string& near) {
    return near.empty() ? help : fmt::format("did you mean `{}`? {}", near, help);
  };

  if (!commands.empty() && word != left.end()) {
    const std::string near = nearest(*word, commands);
    return show(ExitCode::usage, fmt::format("there is no command `{} {}`", at.path, *word), {},
                meant(near.empty() ? near : at.path + " " + near));
  }
  if (option != left.end()) {
    const std::string name = option->substr(0, option->find('='));
    return show(ExitCode::usage, fmt::format("`{}` has no option {}", at.path, name), {},
                meant(nearest(name, option_names(at.app))));
  }
  if (!commands.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    if (log::is_json()) return show(ExitCode::usage, "a command is missing", at.path, help);
    fmt::print(stderr, "{}", app.help());
    return ExitCode::usage;
  }
  if (word != left.end()) {
    return show(ExitCode::usage, fmt::format("`{}` does not take `{}`", at.path, *word), {}, help);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const std::string what = error.what();
    if (const auto colon = what.find(": 1 required"); colon != std::string::npos) {
      return show(ExitCode::usage, fmt::format("{} needs a value", what.substr(0, colon)), at.path, help);
    }
  }
  return show(ExitCode::usage, error.what(), at.path, help);
}

}  // namespace etl::cli
