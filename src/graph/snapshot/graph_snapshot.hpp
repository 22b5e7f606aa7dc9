#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>

#include "base/arena.hpp"
#include "graph/snapshot/hash_index.hpp"
#include "graph/snapshot/jsonb_digest.hpp"

namespace etl::graph {

/// What the graph holds of one project as a load begins, and what of it the study has: filled first (read_snapshot),
/// then asked and marked by the load's threads, then looked through. Types and edge tables go by their numbers in the
/// dictionary. Memory: about 90 bytes a record (with an id of 36 letters) and 24 an edge; deques, for a vector that
/// grows holds twice as much for a while.
class GraphSnapshot {
 public:
  using Slot = HashIndex::Slot;
  static constexpr Slot none = HashIndex::none;

  struct Record {
    std::string_view id;
    std::uint32_t type;
    bool owned_by_project;  ///< the project's; else only an edge leads there
    std::uint8_t seen;      ///< the study has it
    std::uint8_t equal;     ///< with the same content
    bool deleted = false;   ///< the study deletes it
    JsonbDigest::Value digest;
  };
  struct Edge {
    Slot src, dst;
    std::uint16_t table;
    std::uint8_t seen;
  };

  // One thread, before all that follows.
  void add_record(std::size_t type, std::string_view id, const JsonbDigest::Value& digest);
  /// Edges that go out from other projects' records are passed over.
  void add_edge(std::size_t table, std::size_t src_type, std::string_view src, std::size_t dst_type,
                std::string_view dst);

  // Any number of threads at once.
  /// The study has this record: its place when the project holds it, else none.
  Slot mark_seen(std::size_t type, std::string_view id);
  [[nodiscard]] const JsonbDigest::Value& digest(Slot record) const { return records_[record].digest; }
  /// Its content is what the graph holds.
  void mark_unchanged(Slot record);
  /// The study has this edge. False when the graph does not. `src` may be none.
  bool mark_edge_seen(std::size_t table, Slot src, std::size_t dst_type, std::string_view dst);

  // One thread, when all have ended.
  /// Forgets what was seen: the study is read again.
  void restart();
  /// The study deletes the project's records for which `deleted(type, id)` holds.
  void remove(const std::function<bool(std::size_t type, std::string_view id)>& deleted);
  [[nodiscard]] const std::deque<Record>& records() const noexcept { return records_; }
  [[nodiscard]] const std::deque<Edge>& edges() const noexcept { return edges_; }

 private:
  [[nodiscard]] Slot find(std::size_t type, std::string_view id) const;
  [[nodiscard]] Slot find_edge(std::size_t table, Slot src, Slot dst) const;
  Slot add(const Record& record);

  Arena ids_;
  std::deque<Record> records_;
  std::deque<Edge> edges_;
  HashIndex by_id_;
  HashIndex by_ends_;
};

}  // namespace etl::graph
