#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "config/settings.hpp"
#include "discovery/record.hpp"
#include "gen3/commons.hpp"
#include "simplify/study_source.hpp"

namespace etl::discovery {

/// What a load of a project's discovery record is asked for.
struct LoadRequest {
  ProjectId project;
  std::optional<std::string> commons = std::nullopt;
  std::optional<std::string> commons_name = std::nullopt;
  Description::Manifest manifest = Description::Manifest::keep;
  std::size_t manifest_limit = 1000;  ///< a study with more files gets no list of files
  bool dry_run = false;

  /// As the settings discovery.* say.
  [[nodiscard]] static LoadRequest from(const config::Settings& settings, ProjectId project);
};

struct LoadReport {
  bool created = false;  ///< there was no record before
  std::vector<std::string>
      changed;  ///< names of our members that differ from the record before; empty: nothing written
  StudySummary study;
  bool list_too_long = false;  ///< the study has more files than the limit: the record has no list of them
};

/// Makes the project's discovery record say what the study says. Reads the record, replaces only our own members, and
/// writes them only when one of them differs. What others write at the top level of the record meanwhile stays; of
/// what they write below `gen3_discovery` in the same moment, the later write counts.
[[nodiscard]] LoadReport load_study(gen3::Commons& commons, const simplify::StudySource& study,
                                    const LoadRequest& request, const std::stop_token& stop);

/// What an operator should know of the study, as warnings: no ResearchStudy, or several that are not parts of one; too
/// many files.
void log_findings(const LoadReport& report, const LoadRequest& request);

/// The record's text as the service has it; none where the project has no record.
[[nodiscard]] std::optional<std::string> get_record(gen3::Commons& commons, const ProjectId& project);

/// Removes the whole record. False when it is not there. RefusedError when the project's id is only an alias.
bool remove_record(gen3::Commons& commons, const ProjectId& project);

}  // namespace etl::discovery
