#pragma once

#include <cstdint>
#include <string>
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
  void apply_nodes(std::size_t number);
  void apply_edges(std::size_t number);
  void find_pruned();
  void take_out(Staging::Kind kind, std::size_t number, const std::string& deletion, const Params& params = {});
  void expect(std::int64_t rows, const std::string& sql);
  [[nodiscard]] std::string project_condition(const std::string& alias) const;

  Connection& connection_;
  const dictionary::Dictionary& dictionary_;
  Staging& staging_;
  const LoadOptions& options_;
  IndexCleaner& cleaner_;
  std::vector<TableChange> nodes_;
  std::vector<TableChange> edges_;
  std::vector<bool> was_there_;  ///< per node type: some staged record is in the graph already
  std::vector<std::int64_t> pruned_;
};

/// The name of a temporary table that holds the ids of a type's records that are to go.
[[nodiscard]] std::string pruned_table(std::size_t node);

}  // namespace etl::graph
