#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/sqlite.hpp"
#include "config/settings.hpp"

/// What outlives a run: `state_dir`/studies.db.
namespace etl::studies {

/// Throws as sqlite::Database does.
[[nodiscard]] sqlite::Database open_state(const std::filesystem::path& state_dir);
[[nodiscard]] bool state_exists(const std::filesystem::path& state_dir);

/// A load of a study into the graph that ended well.
struct Load {
  std::string project;   ///< "aced-Diabetes"
  std::string finished;  ///< UTC, RFC 3339
};

/// Notes, in the settings' state_dir, that the study in this folder was loaded just now; of a single file nothing.
/// Never throws: a load that is done is no failure because its date cannot be kept, which is said as a warning.
void note_load(const config::Settings& settings, const std::string& project, const std::filesystem::path& study);

/// The last load of each project from the folder, or one below it (`extractions`), the latest first. Empty when there
/// is no journal.
[[nodiscard]] std::vector<Load> last_loads(const std::filesystem::path& state_dir, const std::filesystem::path& study);

}  // namespace etl::studies
