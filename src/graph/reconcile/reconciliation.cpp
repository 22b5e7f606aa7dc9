#include "graph/reconcile/reconciliation.hpp"

#include "base/buffer.hpp"
#include "graph/connection/copy_rows.hpp"

namespace etl::graph {

Reconciliation reconcile(const GraphSnapshot& snapshot, const dictionary::Dictionary& dictionary,
                         const LoadRequest& request, Staging& staging) {
  Reconciliation out;
  for (auto* nodes : {&out.equal_nodes, &out.pruned_nodes}) nodes->assign(dictionary.nodes().size(), 0);
  for (auto* edges : {&out.equal_edges, &out.gone_edges, &out.to_pruned}) edges->assign(dictionary.edges().size(), 0);

  Buffer row;
  const auto pruned = [&](const GraphSnapshot::Record& record) {
    return record.deleted || (request.prune && record.owned_by_project && record.seen == 0);
  };
  for (const GraphSnapshot::Record& record : snapshot.records()) {
    out.equal_nodes[record.type] += record.equal;
    if (!pruned(record)) continue;
    ++out.pruned_nodes[record.type];
    out.deleted += record.deleted;
    row.clear();
    append_id(row, record.type, record.id);
    staging.add(RowKind::pruned, record.type, row.view());
  }
  for (const GraphSnapshot::Edge& edge : snapshot.edges()) {
    const GraphSnapshot::Record& src = snapshot.records()[edge.src];
    const GraphSnapshot::Record& dst = snapshot.records()[edge.dst];
    const auto stage = [&](RowKind kind) {
      row.clear();
      append_edge(row, edge.table, src.id, dst.id);
      staging.add(kind, edge.table, row.view());
    };
    if (edge.seen != 0 && !pruned(dst)) {
      ++out.equal_edges[edge.table];
      continue;
    }
    if (edge.seen != 0) stage(RowKind::edge);
    // Of a record that stays though the study does not have it.
    if (src.seen == 0 && !pruned(src) && !pruned(dst)) continue;
    ++out.gone_edges[edge.table];
    if (pruned(dst)) ++out.to_pruned[edge.table];
    if (!request.dry_run) stage(RowKind::gone);
  }
  return out;
}

}  // namespace etl::graph
