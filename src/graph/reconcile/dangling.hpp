#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "fhir/id_index.hpp"
#include "graph/connection/connection.hpp"
#include "graph/staging/staged_rows.hpp"
#include "simplify/issue_report.hpp"

namespace etl::graph {

/// References to records that the study does not have: they lead nowhere unless the graph has them already.
class Dangling {
 public:
  Dangling(Connection& connection, const dictionary::Dictionary& dictionary)
      : connection_(&connection), dictionary_(&dictionary) {}

  /// A reference without a target in the study; kept in a temporary table, there may be many.
  void add(const fhir::IdIndex::Reference& reference);
  [[nodiscard]] bool any() const noexcept { return count_ > 0; }

  /// Looks for the targets in the graph. Every dangling reference is reported, and its edge is deleted from the staged
  /// rows. Returns the number of those edges. `files` names the files by number.
  std::int64_t resolve(StagedRows& staged, const std::vector<std::string>& files, simplify::IssueReport& report);

 private:
  void flush();
  void tell(const std::vector<std::string>& files, simplify::IssueReport& report);

  Connection* connection_;
  const dictionary::Dictionary* dictionary_;
  std::string rows_;
  std::uint64_t count_ = 0;
  bool made_ = false;
};

}  // namespace etl::graph
