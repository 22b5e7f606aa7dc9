#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/project_id.hpp"
#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"
#include "graph/staging/staged_rows.hpp"

namespace etl::graph {

/// A staged record whose id another project holds already.
struct SharedNode {
  std::string label;
  std::string node_id;
  std::string holder;  ///< that project's id; empty: the node names no project
};

/// The staged records of a study, compared with the graph: which are new, and which differ. Most that are unchanged are
/// not staged at all (GraphSnapshot).
class Comparison {
 public:
  /// Compares. `repeated`: the study has the same resource more than once, so rows may be staged more than once; one of
  /// each stays.
  Comparison(Connection& connection, const dictionary::Dictionary& dictionary, StagedRows& staged, bool repeated);

  /// Staged records that another project than `project` holds, by type and id.
  [[nodiscard]] std::vector<SharedNode> shared(const ProjectId& project) const;
  /// Deletes those from the staged rows, and the edges that go out from them.
  void drop(const std::vector<SharedNode>& shared, StagedRows& staged);

 private:
  Connection* connection_;
  const dictionary::Dictionary* dictionary_;
};

/// Of the staged records those that are new or differ from the graph's: number, node_id, fresh, holder (the project of
/// the graph's). Made by Comparison.
inline constexpr std::string_view diff_table = "pg_temp.aced_etl_diff";

}  // namespace etl::graph
