#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "graph/connection.hpp"
#include "graph/index_cleaner.hpp"
#include "graph/loader.hpp"
#include "graph/staging.hpp"

namespace etl::graph {

/// A staged record whose id another project holds already.
struct SharedNode {
  std::string label;
  std::string node_id;
  std::string holder;  ///< that project's id; empty: the node names no project
};

/// Brings what is staged into the graph's tables, and tells what that changes. Inside the load's transaction.
class Merge {
 public:
  Merge(Connection& connection, const dictionary::Dictionary& dictionary, Staging& staging, const LoadOptions& options,
        IndexCleaner& cleaner)
      : connection_(connection), dictionary_(dictionary), staging_(staging), options_(options), cleaner_(cleaner) {}

  /// Take rows out that stand in the staging tables more than once (the same resource twice).
  void drop_repeated();
  /// Hold the staged records against the graph: which are new, and which differ. Before all that follows.
  void compare();
  /// Staged records that another project holds, by type and id.
  [[nodiscard]] std::vector<SharedNode> shared();
  /// Take those out of the staging tables, and the edges that go out from them.
  void drop_shared(const std::vector<SharedNode>& shared);
  /// What the load changes; written unless it is a dry run.
  [[nodiscard]] std::vector<TableChange> apply();

 private:
  // merge.cpp: nodes
  void find_pruned();
  void count_nodes();
  void apply_nodes(std::size_t number);
  std::int64_t execute(const std::string& sql);  ///< answers how many rows it touched
  void expect(std::int64_t counted, std::int64_t written) const;
  [[nodiscard]] std::string project_condition(const std::string& alias) const;
  /// Some staged record of the type is in the graph already. After count_nodes().
  [[nodiscard]] bool was_there(std::size_t node) const { return nodes_[node].updated + nodes_[node].unchanged > 0; }

  // merge_edges.cpp
  void count_edges();
  void plan_loops(bool allowed);
  void count_alone(std::size_t number);
  void count_together(const std::vector<std::size_t>& numbers);
  void count_pruned(std::size_t number);
  void apply_edges(std::size_t number);
  [[nodiscard]] std::size_t source_of(std::size_t number) const;  ///< the node table's number
  [[nodiscard]] std::size_t target_of(std::size_t number) const;
  [[nodiscard]] std::string from_study(std::size_t number) const;
  [[nodiscard]] std::string held(const std::vector<std::size_t>& numbers) const;
  [[nodiscard]] std::vector<std::int64_t> edges_held();

  Connection& connection_;
  const dictionary::Dictionary& dictionary_;
  Staging& staging_;
  const LoadOptions& options_;
  IndexCleaner& cleaner_;
  std::vector<TableChange> nodes_;
  std::vector<TableChange> edges_;
  std::vector<std::int64_t> pruned_;        ///< per node type: how many records go
  std::vector<std::int64_t> pruned_edges_;  ///< per edge type: how many go with them
};

/// Of the staged records those that are new or differ from the graph's: number, node_id, fresh, holder (the project of
/// the graph's).
inline constexpr std::string_view diff_table = "pg_temp.aced_etl_diff";
/// The project's records that are to go: number, node_id.
inline constexpr std::string_view pruned_table = "pg_temp.aced_etl_pruned";

}  // namespace etl::graph
