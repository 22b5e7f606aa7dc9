#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "config/settings.hpp"

namespace etl::documents {

/// Where the files of one study may be, and what is not the study's.
struct Places {
  std::filesystem::path output;  ///< the output folder, or the folder that the user named instead
  bool output_named = false;     ///< the user named it for this command: it must be there, and no part of it is another's
  std::string narrowed;          ///< the study's own folder below `output`: "Lung_Cancer", "raw/lung"; empty: all of it
  std::filesystem::path study;   ///< the folder of the study's metadata; empty where there is none
  std::vector<std::string> foreign;  ///< folders below `output` that belong to other studies
  std::vector<std::filesystem::path> guarded;  ///< files and folders that are never read, wherever they are
};

/// The places of the study whose metadata is at `metadata` (a folder, a file, or "-"). `project`, where it is known,
/// tells which study of etl.yaml it is when the folder's name does not. `source` is a folder that the user named with
/// --source: then it is the only root.
///
/// Another study's are the folders of output that are named after a study of etl.yaml or after a folder beside this
/// study's in the studies folder, and those that etl.yaml gives to other studies with `output`.
[[nodiscard]] Places places_of(const config::Settings& settings, const std::string& metadata,
                               const std::optional<ProjectId>& project, const std::string& source = {});

}  // namespace etl::documents
