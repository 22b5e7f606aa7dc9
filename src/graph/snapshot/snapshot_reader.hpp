#pragma once

#include "base/project_id.hpp"
#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"
#include "graph/snapshot/graph_snapshot.hpp"

namespace etl::graph {

/// Asks the graph what it holds of the project: ids and digests of its records, then the edges that go out from them.
/// Under the project's lock, so that it stays so.
void read_snapshot(Connection& connection, const dictionary::Dictionary& dictionary, const ProjectId& project,
                   GraphSnapshot& snapshot);

}  // namespace etl::graph
