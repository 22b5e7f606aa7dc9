#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/progress.hpp"
#include "base/project_id.hpp"
#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"
#include "graph/load_report.hpp"
#include "graph/schema/edge_choice.hpp"
#include "simplify/study.hpp"

namespace etl::graph {

struct LoadOptions {
  ProjectId project;
  bool prune = false;          ///< remove the project's records that the study does not have
  bool skip_dangling = false;  ///< leave out edges to records that are nowhere, instead of refusing the study
  bool keep_shared = false;    ///< leave records that another project holds as they are, instead of refusing the study
  bool dry_run = false;
  EdgeRule edge_rule = EdgeRule::link;
  /// Told which part of the work begins (reading, comparing, writing, committing, indexing) and how many rows it will
  /// write, where that is known; and how many rows were written since. May be empty: show_phases() sets them.
  std::function<void(const std::string& phase, std::optional<std::uint64_t> rows)> on_phase = {};
  std::function<void(std::uint64_t rows)> on_rows = {};
  std::function<Connection()> second_session = {};  ///< for index upkeep beside the load; may be empty
};

/// Lets a load show its phases, and the rows that it writes, on `progress`, which must live as long as the load.
void show_phases(LoadOptions& options, Progress& progress);

/// Makes the graph hold a study: one transaction under the project's lock, so that whatever happens the project is as
/// before or as after. Rows whose content is as it was are not touched.
///
/// Throws InputError when the study is not valid, has references that lead nowhere, or records that another project
/// holds (each told to `report` first, nothing written); LockedError when another run holds the project; RefusedError
/// when a table is missing, the project's code belongs to another program, or two records have the same value of a
/// unique key (each named first).
[[nodiscard]] LoadReport load_study(Connection& connection, const dictionary::Dictionary& dictionary,
                                    const simplify::StudyOptions& study, const LoadOptions& options,
                                    simplify::IssueReport& report, std::function<void(std::uint64_t)> progress);

}  // namespace etl::graph
