#pragma once

#include "cli/lib/context.hpp"
#include "config/database.hpp"
#include "graph/connection/connection.hpp"

namespace etl::cli {

/// A session with the graph's database, as the settings name it.
[[nodiscard]] inline graph::Connection connect(const Context& context) {
  return graph::Connection(config::database_address(context.settings));
}

}  // namespace etl::cli
