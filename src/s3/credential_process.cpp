#include "s3/credential_process.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/bounded_json.hpp"
#include "base/child_process.hpp"
#include "base/error.hpp"

namespace etl::s3 {

std::vector<std::string> split_command(std::string_view command, const std::string& where) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = '\0';
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    const bool last = i + 1 == command.size();
    if (quote == '\'') {
      if (c == '\'') {
        quote = '\0';
      } else {
        *word += c;
      }
    } else if (c == '\\' && !last) {
      const char next = command[++i];
      if (!word) word.emplace();
      // Within double quotes a backslash protects only what has a meaning there.
      if (quote == '"' && next != '"' && next != '\\') *word += c;
      *word += next;
    } else if (quote == '"') {
      if (c == '"') {
        quote = '\0';
      } else {
        *word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      if (!word) word.emplace();
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (word) words.push_back(*std::move(word));
      word.reset();
    } else {
      if (!word) word.emplace();
      *word += c;
    }
  }
  if (quote != '\0') throw UsageError("credential_process contains an unclosed quote", where);
  if (word) words.push_back(*std::move(word));
  if (words.empty()) throw UsageError("credential_process names no program", where);
  return words;
}

LentKey run(const CredentialProcess& process) {
  const auto words = split_command(process.command, process.origin);
  const auto& program = words.front();
  const ChildResult done = run_child(words, {.time = std::chrono::seconds(60), .output = std::size_t{64} * 1024});
  if (!done.failure.empty()) {
    throw UsageError(fmt::format("credential_process: {} {}", program, done.failure), process.origin,
                     "run the command by hand to see its output");
  }
  const auto said = try_parse_json(done.output, {.depth = 10, .bytes = done.output.size()});
  const auto version = said.is_object() ? said.find("Version") : said.end();
  if (!said.is_object() || version == said.end() || *version != 1) {
    throw UsageError(fmt::format("credential_process: {} does not print the JSON of a key (\"Version\": 1)", program),
                     process.origin);
  }
  try {
    return parse_lent_key(done.output, fmt::format("credential_process ({})", process.origin), process.origin);
  } catch (const UnavailableError& error) {
    throw UsageError(fmt::format("credential_process: {}: {}", program, error.what()), process.origin);
  }
}

}  // namespace etl::s3
