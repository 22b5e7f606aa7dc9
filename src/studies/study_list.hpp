#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "studies/state.hpp"
#include "studies/study_scan.hpp"

namespace etl::studies {

struct StudyRow {
  std::string name;
  StudyScan scan;
  std::uint64_t resources = 0;
  std::uint64_t files = 0;       ///< DocumentReferences
  std::uint64_t file_bytes = 0;  ///< as they say; where they do not, as it is on disk
  std::uint64_t missing = 0;     ///< of the files, not found on disk
  std::uint64_t wrong_size = 0;  ///< found, with another size than the metadata says
  std::vector<Load> loads;       ///< into the graph, the latest first
};

/// A row a folder below `studies`, by name; hidden ones left out. InputError when the folder cannot be read.
[[nodiscard]] std::vector<StudyRow> list_studies(const std::filesystem::path& studies,
                                                 const std::filesystem::path& output,
                                                 const std::filesystem::path& state_dir);

}  // namespace etl::studies
