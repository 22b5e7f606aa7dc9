#include "graph/snapshot/graph_snapshot.hpp"

#include <xxhash.h>

#include <atomic>

namespace etl::graph {
namespace {

std::uint64_t hash_of(std::size_t type, std::string_view id) {
  return XXH3_64bits_withSeed(id.data(), id.size(), type);
}

/// Of three numbers; the constants are XXH64's primes.
std::uint64_t hash_of(std::size_t table, GraphSnapshot::Slot src, GraphSnapshot::Slot dst) {
  std::uint64_t hash = (std::uint64_t{src} << 32U | dst) * 0x9E3779B185EBCA87U + table * 0xC2B2AE3D27D4EB4FU;
  hash ^= hash >> 32U;
  hash *= 0x165667B19E3779F9U;
  return hash ^ hash >> 29U;
}

/// Two threads may mark the same at once.
void mark(std::uint8_t& flag) { std::atomic_ref(flag).store(1, std::memory_order_relaxed); }

}  // namespace

GraphSnapshot::Slot GraphSnapshot::find(std::size_t type, std::string_view id) const {
  return by_id_.find(hash_of(type, id),
                     [&](Slot place) { return records_[place].type == type && records_[place].id == id; });
}

GraphSnapshot::Slot GraphSnapshot::find_edge(std::size_t table, Slot src, Slot dst) const {
  return by_ends_.find(hash_of(table, src, dst), [&](Slot place) {
    const Edge& edge = edges_[place];
    return edge.src == src && edge.dst == dst && edge.table == table;
  });
}

GraphSnapshot::Slot GraphSnapshot::add(const Record& record) {
  by_id_.add(hash_of(record.type, record.id),
             [&](Slot place) { return hash_of(records_[place].type, records_[place].id); });
  records_.push_back(record);
  records_.back().id = ids_.keep(record.id);
  return static_cast<Slot>(records_.size() - 1);
}

void GraphSnapshot::add_record(std::size_t type, std::string_view id, const JsonbDigest::Value& digest) {
  add({.id = id,
       .type = static_cast<std::uint32_t>(type),
       .owned_by_project = true,
       .seen = 0,
       .equal = 0,
       .digest = digest});
}

void GraphSnapshot::add_edge(std::size_t table, std::size_t src_type, std::string_view src, std::size_t dst_type,
                             std::string_view dst) {
  const Slot from = find(src_type, src);
  if (from == none || !records_[from].owned_by_project) return;
  Slot to = find(dst_type, dst);
  if (to == none) {
    to = add({.id = dst,
              .type = static_cast<std::uint32_t>(dst_type),
              .owned_by_project = false,
              .seen = 0,
              .equal = 0,
              .digest = {}});
  }
  by_ends_.add(hash_of(table, from, to),
               [&](Slot place) { return hash_of(edges_[place].table, edges_[place].src, edges_[place].dst); });
  edges_.push_back({from, to, static_cast<std::uint16_t>(table), 0});
}

GraphSnapshot::Slot GraphSnapshot::mark_seen(std::size_t type, std::string_view id) {
  const Slot place = find(type, id);
  if (place == none || !records_[place].owned_by_project) return none;
  mark(records_[place].seen);
  return place;
}

void GraphSnapshot::restart() {
  for (Record& record : records_) record.seen = record.equal = 0;
  for (Edge& edge : edges_) edge.seen = 0;
}

void GraphSnapshot::remove(const std::function<bool(std::size_t type, std::string_view id)>& deleted) {
  for (Record& record : records_) {
    if (record.owned_by_project && record.seen == 0) record.deleted = deleted(record.type, record.id);
  }
}

void GraphSnapshot::mark_unchanged(Slot record) { mark(records_[record].equal); }

bool GraphSnapshot::mark_edge_seen(std::size_t table, Slot src, std::size_t dst_type, std::string_view dst) {
  if (src == none) return false;
  const Slot to = find(dst_type, dst);
  const Slot edge = to == none ? none : find_edge(table, src, to);
  if (edge == none) return false;
  mark(edges_[edge].seen);
  return true;
}

}  // namespace etl::graph
