#include "graph/outcome.hpp"

#include "base/buffer.hpp"
#include "graph/copy_rows.hpp"

namespace etl::graph {

using Kind = Staging::Kind;

Outcome settle(const Held& held, const dictionary::Dictionary& dictionary, const LoadOptions& options,
               Staging& staging) {
  Outcome out;
  for (auto* nodes : {&out.equal_nodes, &out.pruned_nodes}) nodes->assign(dictionary.nodes().size(), 0);
  for (auto* edges : {&out.equal_edges, &out.gone_edges, &out.to_pruned}) edges->assign(dictionary.edges().size(), 0);

  Buffer row;
  const auto pruned = [&](const Held::Record& record) {
    return record.deleted || (options.prune && record.own && record.seen == 0);
  };
  for (const Held::Record& record : held.records()) {
    out.equal_nodes[record.type] += record.equal;
    if (!pruned(record)) continue;
    ++out.pruned_nodes[record.type];
    out.deleted += record.deleted;
    row.clear();
    append_id(row, record.type, record.id);
    staging.add(Kind::pruned, record.type, row.view());
  }
  for (const Held::Edge& edge : held.edges()) {
    const Held::Record& src = held.records()[edge.src];
    const Held::Record& dst = held.records()[edge.dst];
    const auto stage = [&](Kind kind) {
      row.clear();
      append_edge(row, edge.table, src.id, dst.id);
      staging.add(kind, edge.table, row.view());
    };
    if (edge.seen != 0 && !pruned(dst)) {
      ++out.equal_edges[edge.table];
      continue;
    }
    if (edge.seen != 0) stage(Kind::edge);
    // Of a record that stays though the study does not have it.
    if (src.seen == 0 && !pruned(src) && !pruned(dst)) continue;
    ++out.gone_edges[edge.table];
    if (pruned(dst)) ++out.to_pruned[edge.table];
    if (!options.dry_run) stage(Kind::gone);
  }
  return out;
}

}  // namespace etl::graph
