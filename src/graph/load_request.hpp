#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/progress.hpp"
#include "base/project_id.hpp"
#include "config/settings.hpp"
#include "graph/connection/connection.hpp"
#include "graph/schema/edge_choice.hpp"

namespace etl::graph {

/// What a load of a study into the graph is asked for.
struct LoadRequest {
  ProjectId project;
  bool prune = false;          ///< remove the project's records that the study does not have
  bool skip_dangling = false;  ///< leave out edges of dangling references, instead of refusing the study
  bool keep_shared = false;    ///< leave records that another project holds as they are, instead of refusing the study
  bool dry_run = false;
  EdgeRule edge_rule = EdgeRule::link;

  /// As the settings graph.prune, graph.dangling, graph.shared and graph.edge_table say.
  [[nodiscard]] static LoadRequest from(const config::Settings& settings, ProjectId project);
};

/// How a load shows what it does, and gets a second session.
struct LoadHooks {
  /// Called when a part of the work begins (reading, comparing, writing, committing, indexing), with the number of rows
  /// that it will write, where that is known; and with the rows that were written since. May be empty.
  std::function<void(const std::string& phase, std::optional<std::uint64_t> rows)> on_phase = {};
  std::function<void(std::uint64_t rows)> on_rows = {};
  std::function<void(std::uint64_t bytes)> on_bytes = {};  ///< so many more bytes of the study are read; may be empty
  std::function<Connection()> second_session = {};         ///< for index upkeep beside the load; may be empty

  /// Shows all of it on `progress`, which must live as long as the load.
  [[nodiscard]] static LoadHooks show_on(Progress& progress, std::function<Connection()> second_session);
};

}  // namespace etl::graph
