#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/project_id.hpp"
#include "config/settings.hpp"

namespace etl::config {

/// The name of the study whose metadata is at `metadata` (a folder, a file in it, or "-" for stdin): the first part of
/// its path below the folder of studies; elsewhere the name of its own folder. Empty for stdin.
[[nodiscard]] std::string study_name(const Settings& settings, const std::string& metadata);

/// The entry of etl.yaml for the study at `metadata`: the one with its name, else the one of `project`, where that is
/// known. Null when etl.yaml has none.
[[nodiscard]] const StudyEntry* study_of(const Settings& settings, const std::string& metadata,
                                         const std::optional<ProjectId>& project = std::nullopt);

}  // namespace etl::config
