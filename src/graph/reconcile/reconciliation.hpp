#pragma once

#include <cstdint>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "graph/load_request.hpp"
#include "graph/snapshot/graph_snapshot.hpp"
#include "graph/staging/staging.hpp"

namespace etl::graph {

/// What becomes of what the graph held of the project, counted by node type and by edge table.
struct Reconciliation {
  std::vector<std::int64_t> equal_nodes;   ///< the study has them as they are
  std::vector<std::int64_t> equal_edges;   ///< likewise
  std::vector<std::int64_t> pruned_nodes;  ///< staged as RowKind::pruned
  std::int64_t deleted = 0;                ///< of these, those that the study deletes
  std::vector<std::int64_t> gone_edges;    ///< staged as RowKind::gone, unless it is a dry run
  std::vector<std::int64_t> to_pruned;     ///< of the gone those that lead to a pruned node
};

/// Compares the study, once it has been read, with what the graph held, and stages what goes. Edges of the study that
/// lead to what is pruned are staged as new ones, which dangle.
[[nodiscard]] Reconciliation reconcile(const GraphSnapshot& snapshot, const dictionary::Dictionary& dictionary,
                                       const LoadRequest& request, Staging& staging);

}  // namespace etl::graph
