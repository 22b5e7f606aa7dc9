#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>

#include "base/arena.hpp"
#include "graph/jsonb_digest.hpp"
#include "graph/place_table.hpp"

namespace etl::graph {

/// What the graph holds of one project as a load begins, and what of it the study has: filled first (read_held), then
/// asked and marked by the load's threads, then looked through. Types and edge tables go by their numbers in the
/// dictionary. Memory: about 90 bytes a record (with an id of 36 letters) and 24 an edge; deques, for a vector that
/// grows holds twice as much for a while.
class Held {
 public:
  using Place = PlaceTable::Place;
  static constexpr Place none = PlaceTable::none;

  struct Record {
    std::string_view id;
    std::uint32_t type;
    bool own;              ///< the project's; else only an edge leads there
    std::uint8_t seen;     ///< the study has it
    std::uint8_t equal;    ///< with the same content
    bool deleted = false;  ///< the study deletes it
    JsonbDigest::Value digest;
  };
  struct Edge {
    Place src, dst;
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
  Place saw(std::size_t type, std::string_view id);
  [[nodiscard]] const JsonbDigest::Value& digest(Place record) const { return records_[record].digest; }
  /// Its content is what the graph holds.
  void saw_equal(Place record);
  /// The study has this edge. False when the graph does not. `src` may be none.
  bool saw_edge(std::size_t table, Place src, std::size_t dst_type, std::string_view dst);

  // One thread, when all have ended.
  /// Forgets what was seen: the study is read again.
  void restart();
  /// The study deletes the project's records for which `deleted(type, id)` holds.
  void remove(const std::function<bool(std::size_t type, std::string_view id)>& deleted);
  [[nodiscard]] const std::deque<Record>& records() const noexcept { return records_; }
  [[nodiscard]] const std::deque<Edge>& edges() const noexcept { return edges_; }

 private:
  [[nodiscard]] Place find(std::size_t type, std::string_view id) const;
  [[nodiscard]] Place find_edge(std::size_t table, Place src, Place dst) const;
  Place add(const Record& record);

  Arena ids_;
  std::deque<Record> records_;
  std::deque<Edge> edges_;
  PlaceTable by_id_;
  PlaceTable by_ends_;
};

}  // namespace etl::graph
