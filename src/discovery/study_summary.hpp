#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "simplify/study_source.hpp"

namespace etl::discovery {

/// A file of a study as the discovery page lists it.
struct ListedFile {
  std::string object_id;  ///< its GUID in indexd
  std::string name;
  std::uint64_t size = 0;
  std::string md5;
};

/// What a discovery record says of a study.
struct StudySummary {
  std::string title;        ///< ResearchStudy.title; may be empty
  std::string description;  ///< ResearchStudy.description, else descriptionSummary; may be empty
  std::uint64_t patients = 0;
  std::uint64_t research_studies = 0;
  std::uint64_t whole_studies = 0;  ///< of these, those that are not part of another
  std::vector<ListedFile> files;    ///< in the study's order; at most as many as were asked for
  std::uint64_t file_count = 0;     ///< of all, also of those that are not in `files`
};

/// Reads a study's metadata. `most_files`: how many files to list; 0 for none. Of several ResearchStudy resources, the
/// first that is not part of another counts. Resources that the study deletes or repeats do not count, nor do files
/// that `files load` could not load. InputError for what is not JSON. Memory: 96 bits for each patient, beyond 16 MiB
/// in `temp_dir`, and the listed files.
[[nodiscard]] StudySummary summarise(const simplify::StudySource& study, std::size_t most_files,
                                     const std::stop_token& stop);

}  // namespace etl::discovery
