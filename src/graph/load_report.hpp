#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "graph/projects.hpp"
#include "simplify/block_processor.hpp"

namespace etl::graph {

/// What a load does (or, dry, would do) to one table.
struct TableChange {
  std::string table;
  bool edge = false;
  std::string src = {}, dst = {};  ///< of an edge: the node tables at its ends
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t removed = 0;
  std::int64_t shared = 0;  ///< records that another project holds, left as they are

  [[nodiscard]] bool changes() const noexcept { return inserted + updated + removed > 0; }
};

/// Properties that records have and the dictionary lacks: label of the node -> property -> number of records.
using UnknownProperties = std::map<std::string, std::map<std::string, std::uint64_t>>;

struct LoadReport {
  ProjectIds project;
  std::vector<TableChange> tables;  ///< those that the study touches, nodes first
  simplify::Tally tally;
  std::map<std::string, std::uint64_t> without_node;  ///< records of types that the dictionary does not have
  std::map<std::string, std::uint64_t> without_edge;  ///< relations that no edge table can hold
  UnknownProperties unknown_properties;               ///< loaded all the same; sheepdog and peregrine never return them
  std::int64_t dangling_skipped = 0;
  std::string left_out;         ///< simplify::StudyResult::left_out()
  std::uint64_t deletions = 0;  ///< resources that the study deletes
  std::int64_t deleted = 0;     ///< records that the project held of them, removed

  [[nodiscard]] bool changes() const noexcept;
  /// Of all tables together.
  [[nodiscard]] TableChange total() const;
};

/// What came in and has no place in this graph, as warnings: in = loaded + left out.
void log_left_out(const LoadReport& report);

}  // namespace etl::graph
