#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "graph/load_report.hpp"
#include "graph/schema/edge_choice.hpp"
#include "graph/snapshot/graph_snapshot.hpp"
#include "graph/staging/staging.hpp"
#include "simplify/pipeline.hpp"

namespace etl::graph {

/// The rows that one block gives.
class LoadRows;

}  // namespace etl::graph

extern template class etl::simplify::ConsumerOf<etl::graph::LoadRows>;

namespace etl::graph {

/// Sends records to the staging tables: a row for the node, and one for every edge. What the graph holds already is
/// only marked in `snapshot`. What has no table is counted.
class LoadConsumer final : public simplify::ConsumerOf<LoadRows> {
 public:
  struct Target {
    std::string project_id;    ///< P-Q
    std::string project_node;  ///< the node that every ResearchStudy belongs to
    EdgeRule edge_rule = EdgeRule::link;
  };

  /// `on_bytes`: so many more bytes of the study are read; may be empty.
  LoadConsumer(const dictionary::Dictionary& dictionary, Target target, GraphSnapshot& snapshot, Staging& staging,
               std::function<void(std::uint64_t)> on_bytes);
  ~LoadConsumer() override;

  // Once something is wrong nothing will be loaded; reading goes on only to report everything that is wrong.
  void rejected(const simplify::Rejected& /*rejected*/) override { valid_ = false; }
  void file_issue(const fhir::Issue& /*issue*/) override { valid_ = false; }
  bool restart() override;
  void advanced(std::uint64_t bytes) override {
    if (on_bytes_) on_bytes_(bytes);
  }

  /// Records of types that the dictionary does not have, by type.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& without_node() const noexcept { return without_node_; }
  /// Relations that no edge table can hold: `src -> dst`, by how many.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& without_edge() const noexcept { return without_edge_; }
  /// Properties that the dictionary does not have, by the label of their node, with the number of records.
  [[nodiscard]] UnknownProperties unknown_properties() const;

 protected:
  std::unique_ptr<LoadRows> make_part() override;
  void take_part(LoadRows& rows) override;

 private:
  friend class LoadRows;

  const dictionary::Dictionary& dictionary_;
  EdgeChoice choice_;
  Target target_;
  std::string project_id_member_;                       ///< "project_id":"P-Q"
  std::vector<std::unordered_set<std::string>> known_;  ///< per node: its properties and links
  std::vector<std::size_t> dst_types_;                  ///< per edge table: the number of the type that it leads to
  GraphSnapshot& snapshot_;
  Staging& staging_;
  std::function<void(std::uint64_t)> on_bytes_;
  bool valid_ = true;
  std::map<std::string, std::uint64_t> without_node_;
  std::map<std::string, std::uint64_t> without_edge_;
  std::vector<std::map<std::string, std::uint64_t>> unknown_;  ///< per node
};

}  // namespace etl::graph
