#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"
#include "graph/loader.hpp"
#include "graph/reconcile/index_cleaner.hpp"
#include "graph/reconcile/reconciliation.hpp"
#include "graph/reconcile/unique_keys.hpp"
#include "graph/staging/staging.hpp"

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
  /// `reconciliation`: what becomes of what the graph held of the project, and is not staged.
  Merge(Connection& connection, const dictionary::Dictionary& dictionary, Staging& staging, const LoadOptions& options,
        const Reconciliation& reconciliation, IndexCleaner& cleaner)
      : connection_(connection),
        dictionary_(dictionary),
        staging_(staging),
        options_(options),
        reconciliation_(reconciliation),
        cleaner_(cleaner),
        unique_keys_(connection, dictionary, staging) {}

  /// Take rows out that stand in the staging tables more than once (the same resource twice).
  void drop_repeated();
  /// Hold the staged records against the graph: which are new, and which differ. Most that are as they were are not
  /// staged at all. Before all that follows.
  void compare();
  /// Staged records that another project holds, by type and id.
  [[nodiscard]] std::vector<SharedNode> shared();
  /// Take those out of the staging tables, and the edges that go out from them.
  void drop_shared(const std::vector<SharedNode>& shared);
  /// What the load changes; written unless it is a dry run. Throws UniqueViolation when two records have the same value
  /// of a unique key.
  [[nodiscard]] std::vector<TableChange> apply();
  /// Staged records whose unique values other records have, up to `most`. When apply() has thrown, the caller returns
  /// to the state before it first.
  [[nodiscard]] std::vector<KeyCollision> collisions(std::size_t most) { return unique_keys_.collisions(most); }

 private:
  // merge.cpp: nodes
  void count_nodes();
  void apply_nodes(std::size_t number);
  void remove_pruned(std::size_t number);
  std::int64_t execute(const std::string& sql);  ///< answers how many rows it touched
  void require_row_count(std::int64_t counted, std::int64_t written) const;

  // merge_edges.cpp
  void count_edges();
  void remove_edges(std::size_t number);
  void insert_edges(std::size_t number);
  [[nodiscard]] std::string leads_to_pruned(std::size_t number) const;

  Connection& connection_;
  const dictionary::Dictionary& dictionary_;
  Staging& staging_;
  const LoadOptions& options_;
  const Reconciliation& reconciliation_;
  IndexCleaner& cleaner_;
  UniqueKeys unique_keys_;
  std::vector<TableChange> nodes_;
  std::vector<TableChange> edges_;
};

/// Of the staged records those that are new or differ from the graph's: number, node_id, fresh, holder (the project of
/// the graph's).
inline constexpr std::string_view diff_table = "pg_temp.aced_etl_diff";

}  // namespace etl::graph
