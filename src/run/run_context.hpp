#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>

#include "config/settings.hpp"
#include "gen3/commons.hpp"
#include "graph/connection/connection.hpp"
#include "search/server.hpp"
#include "simplify/study_setup.hpp"
#include "simplify/study_source.hpp"

namespace etl::run {

/// What a run is asked for beyond its settings.
struct RunChoices {
  bool replace = false;       ///< files: a record of the project that differs from the metadata is replaced
  bool recheck = false;       ///< files: every object is looked at
  std::optional<bool> prune;  ///< graph: in place of the setting graph.prune
};

/// What the steps of one run share, made when it is first needed: whoever serves no graph needs no dictionary. One
/// thread.
class RunContext {
 public:
  RunContext(const config::Settings& settings, std::stop_token stop, RunChoices choices = {})
      : settings_(settings), stop_(std::move(stop)), choices_(choices) {}

  [[nodiscard]] const config::Settings& settings() const { return settings_; }
  [[nodiscard]] const std::stop_token& stop() const { return stop_; }
  [[nodiscard]] const RunChoices& choices() const { return choices_; }

  [[nodiscard]] std::filesystem::path state_dir() const;
  /// Where a study's metadata is on this disk.
  [[nodiscard]] std::filesystem::path study_folder(const config::StudyEntry& study) const;
  /// A study's metadata, and which files of it count. UsageError when its folder is not there.
  [[nodiscard]] simplify::StudySource study_source(const config::StudyEntry& study) const;
  /// The same, and how it becomes records: FHIR, without what `simplify` made of it in `extractions/`.
  [[nodiscard]] simplify::StudyOptions study_options(const config::StudyEntry& study);

  [[nodiscard]] const simplify::StudySetup& setup();
  [[nodiscard]] gen3::Commons& commons();
  /// The search server that the settings name, asked for its version when it is first needed.
  [[nodiscard]] search::Server& search_server();
  /// A new session with the graph's database, that a stop ends.
  [[nodiscard]] graph::Connection connect() const;

 private:
  [[nodiscard]] std::string present_folder(const config::StudyEntry& study) const;

  const config::Settings& settings_;
  std::stop_token stop_;
  RunChoices choices_;
  std::optional<simplify::StudySetup> setup_;
  std::unique_ptr<gen3::Commons> commons_;
  std::unique_ptr<search::Server> search_server_;
};

}  // namespace etl::run
