#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace etl::fhir {

/// One file of a study.
struct StudyFile {
  std::filesystem::path path;  ///< "-": standard input
  std::string name;            ///< as errors and reports name it
  std::uint64_t bytes = 0;     ///< on disk; 0 when it is not known
};

struct StudySelection {
  std::string glob;  ///< only files whose name (or path below the folder) matches; empty: all that can be FHIR
  std::filesystem::path skip_folder;      ///< an output folder inside the study
  std::vector<std::string> exclude = {};  ///< what is_excluded() leaves out (fhir/exclusion.hpp)
};

/// The files of a study, ordered by path: `.ndjson`, `.jsonl` and `.json`, each plain or `.gz`, below a folder; or the
/// one file that is named; or standard input. `extractions/` in the folder, where `simplify`
/// writes by custom, is passed over. Hidden files and folders, what clients of bulk exports leave (`log.ndjson`,
/// `manifest.json`, `error/`), `lost+found` and what `exclude` matches are left out, and named in `left_out` (relative
/// to the folder, sorted) where that is given. UsageError when `path` does not exist, or when a file or folder cannot
/// be read; InputError when a folder holds no FHIR.
[[nodiscard]] std::vector<StudyFile> study_files(const std::string& path, const StudySelection& selection,
                                                 std::vector<std::string>* left_out = nullptr);

/// Does the file hold one resource a line (by its name)? Others are read as JSON documents.
[[nodiscard]] bool is_lines(const std::filesystem::path& path);
[[nodiscard]] bool is_gzip(const std::filesystem::path& path);

}  // namespace etl::fhir
