#pragma once

#include <string>

#include "cli/lib/context.hpp"

namespace etl::cli {

/// Asks before something is destroyed. `what` names it, with counts, as a sentence without its end:
/// "remove 1,234 nodes of aced-Diabetes". True with --yes. On a terminal, asks on stderr and reads stdin:
/// only `y` or `yes` is a yes. Without a terminal: UsageError that says to pass --yes.
[[nodiscard]] bool confirm(const Context& context, const std::string& what);

}  // namespace etl::cli
