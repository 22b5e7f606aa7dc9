#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "config/settings.hpp"
#include "fhir/block_reader.hpp"
#include "fhir/study_files.hpp"
#include "simplify/id_transform.hpp"

namespace etl::simplify {

/// A study's metadata, and what the settings and etl.yaml say of reading it. Every command and every step of a run
/// takes it from here, so that they agree on which files are part of the study and on the ids of its resources.
struct StudySource {
  std::string path;  ///< a folder, a file, or - for stdin
  fhir::StudySelection selection{};
  std::optional<IdTransform> ids{};  ///< where ids are to be replaced
  bool latest = false;               ///< of several resources with one id the newest counts, instead of being an issue
  fhir::BlockLimits limits{};
  std::filesystem::path temp_dir{};
};

/// `study` is the study's entry of etl.yaml (config::study_of), or null.
[[nodiscard]] StudySource study_source(const config::Settings& settings, const std::string& path,
                                       const config::StudyEntry* study);

}  // namespace etl::simplify
