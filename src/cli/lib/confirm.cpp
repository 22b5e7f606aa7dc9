#include "cli/lib/confirm.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>

#include "base/terminal.hpp"
#include "base/text.hpp"

namespace etl::cli {

bool confirm(const Context& context, const std::string& what) {
  if (context.yes) return true;
  if (!terminal::stdin_is_terminal() || !terminal::stderr_is_terminal()) {
    throw UsageError(fmt::format("this would {}, and there is no terminal to ask for confirmation", what), {},
                     "pass --yes to do it without asking, or --dry-run to see what would be done");
  }
  // Not through the log: -q silences messages, but a question that nobody sees would wait for ever.
  fmt::print(stderr, "This will {}. Go on? [y/N] ", printable(what));
  std::fflush(stderr);
  std::string answer;
  if (!std::getline(std::cin, answer)) return false;
  const std::string_view word = trim(answer);
  return word == "y" || word == "Y" || word == "yes" || word == "Yes" || word == "YES";
}

}  // namespace etl::cli
