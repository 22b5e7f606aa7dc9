#include "graph/held.hpp"

#include <xxhash.h>

#include <atomic>

namespace etl::graph {
namespace {

std::uint64_t hash_of(std::size_t type, std::string_view id) {
  return XXH3_64bits_withSeed(id.data(), id.size(), type);
}

/// Of three numbers; the constants are XXH64's primes.
std::uint64_t hash_of(std::size_t table, Held::Place src, Held::Place dst) {
  std::uint64_t hash = (std::uint64_t{src} << 32U | dst) * 0x9E3779B185EBCA87U + table * 0xC2B2AE3D27D4EB4FU;
  hash ^= hash >> 32U;
  hash *= 0x165667B19E3779F9U;
  return hash ^ hash >> 29U;
}

/// Two threads may mark the same at once.
void mark(std::uint8_t& flag) { std::atomic_ref(flag).store(1, std::memory_order_relaxed); }

}  // namespace

Held::Place Held::find(std::size_t type, std::string_view id) const {
  return by_id_.find(hash_of(type, id),
                     [&](Place place) { return records_[place].type == type && records_[place].id == id; });
}

Held::Place Held::find_edge(std::size_t table, Place src, Place dst) const {
  return by_ends_.find(hash_of(table, src, dst), [&](Place place) {
    const Edge& edge = edges_[place];
    return edge.src == src && edge.dst == dst && edge.table == table;
  });
}

Held::Place Held::add(const Record& record) {
  by_id_.add(hash_of(record.type, record.id),
             [&](Place place) { return hash_of(records_[place].type, records_[place].id); });
  records_.push_back(record);
  records_.back().id = ids_.keep(record.id);
  return static_cast<Place>(records_.size() - 1);
}

void Held::add_record(std::size_t type, std::string_view id, const JsonbDigest::Value& digest) {
  add({.id = id, .type = static_cast<std::uint32_t>(type), .own = true, .seen = 0, .equal = 0, .digest = digest});
}

void Held::add_edge(std::size_t table, std::size_t src_type, std::string_view src, std::size_t dst_type,
                    std::string_view dst) {
  const Place from = find(src_type, src);
  if (from == none || !records_[from].own) return;
  Place to = find(dst_type, dst);
  if (to == none) {
    to = add(
        {.id = dst, .type = static_cast<std::uint32_t>(dst_type), .own = false, .seen = 0, .equal = 0, .digest = {}});
  }
  by_ends_.add(hash_of(table, from, to),
               [&](Place place) { return hash_of(edges_[place].table, edges_[place].src, edges_[place].dst); });
  edges_.push_back({from, to, static_cast<std::uint16_t>(table), 0});
}

Held::Place Held::saw(std::size_t type, std::string_view id) {
  const Place place = find(type, id);
  if (place == none || !records_[place].own) return none;
  mark(records_[place].seen);
  return place;
}

void Held::restart() {
  for (Record& record : records_) record.seen = record.equal = 0;
  for (Edge& edge : edges_) edge.seen = 0;
}

void Held::remove(const std::function<bool(std::size_t type, std::string_view id)>& deleted) {
  for (Record& record : records_) {
    if (record.own && record.seen == 0) record.deleted = deleted(record.type, record.id);
  }
}

void Held::saw_equal(Place record) { mark(records_[record].equal); }

bool Held::saw_edge(std::size_t table, Place src, std::size_t dst_type, std::string_view dst) {
  if (src == none) return false;
  const Place to = find(dst_type, dst);
  const Place edge = to == none ? none : find_edge(table, src, to);
  if (edge == none) return false;
  mark(edges_[edge].seen);
  return true;
}

}  // namespace etl::graph
