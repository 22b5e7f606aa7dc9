#include "cli/commands.hpp"

namespace etl::cli {

void add_graph_load(CLI::App& graph, Context& context) {
  static_cast<void>(graph);
  static_cast<void>(context);
}

}  // namespace etl::cli
