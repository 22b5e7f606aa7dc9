#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "documents/study_reader.hpp"
#include "fhir/study_files.hpp"
#include "studies/state.hpp"

namespace etl::studies {

struct StudyRow {
  std::string name;
  documents::StudyContents contents;
  std::uint64_t resources = 0;
  std::uint64_t files = 0;       ///< DocumentReferences that name a file of the study
  std::uint64_t file_bytes = 0;  ///< as the metadata says
  std::uint64_t missing = 0;     ///< of the files, not found on disk, or not where the study's files may be
  std::uint64_t wrong_size = 0;  ///< found, with another size than the metadata says
  std::vector<Load> loads;       ///< into the graph, the latest first
};

/// One row for each folder below the studies folder, by name; hidden ones are left out. Files are looked for where
/// `files load` looks for them. UsageError when the folder cannot be read.
[[nodiscard]] std::vector<StudyRow> list_studies(const config::Settings& settings);

/// The files of metadata in a study's folder, those left out logged; none when the folder has none, which is no error
/// of an overview. UsageError when it does not exist or cannot be read.
[[nodiscard]] std::vector<fhir::StudyFile> metadata_of(const std::filesystem::path& folder,
                                                       const fhir::StudySelection& selection);

}  // namespace etl::studies
