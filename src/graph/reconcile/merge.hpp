#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"
#include "graph/load_report.hpp"
#include "graph/load_request.hpp"
#include "graph/reconcile/comparison.hpp"
#include "graph/reconcile/index_cleaner.hpp"
#include "graph/reconcile/reconciliation.hpp"
#include "graph/reconcile/unique_keys.hpp"
#include "graph/staging/staged_rows.hpp"

namespace etl::graph {

/// Brings what is staged, and was compared, into the graph's tables. Inside the load's transaction.
class Merge {
 public:
  /// `comparison` proves that diff_table is there. `reconciliation`: what becomes of what the graph held of the
  /// project, and is not staged.
  Merge(Connection& connection, const dictionary::Dictionary& dictionary, StagedRows& staged,
        const Comparison& /*comparison*/, const Reconciliation& reconciliation, const LoadRequest& request,
        const LoadHooks& hooks, IndexCleaner& cleaner)
      : connection_(connection),
        dictionary_(dictionary),
        staged_(staged),
        request_(request),
        hooks_(hooks),
        reconciliation_(reconciliation),
        cleaner_(cleaner),
        unique_keys_(connection, dictionary, staged) {}

  /// What the load changes; written unless it is a dry run. Throws UniqueViolation when two records have the same value
  /// of a unique key.
  [[nodiscard]] std::vector<TableChange> apply();
  /// Staged records whose unique values other records have, up to `most`. When apply() has thrown, the caller first
  /// returns to the state before it.
  [[nodiscard]] std::vector<KeyCollision> collisions(std::size_t most) { return unique_keys_.collisions(most); }

 private:
  // merge.cpp: nodes
  void count_nodes();
  void apply_nodes(std::size_t number);
  void remove_pruned(std::size_t number);
  std::int64_t execute(const std::string& sql);  ///< returns the number of rows it touched
  void require_row_count(std::int64_t counted, std::int64_t written) const;

  // merge_edges.cpp
  void count_edges();
  void remove_edges(std::size_t number);
  void insert_edges(std::size_t number);
  [[nodiscard]] std::string leads_to_pruned(std::size_t number) const;

  Connection& connection_;
  const dictionary::Dictionary& dictionary_;
  StagedRows& staged_;
  const LoadRequest& request_;
  const LoadHooks& hooks_;
  const Reconciliation& reconciliation_;
  IndexCleaner& cleaner_;
  UniqueKeys unique_keys_;
  std::vector<TableChange> nodes_;
  std::vector<TableChange> edges_;
};

}  // namespace etl::graph
