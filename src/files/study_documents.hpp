#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "fhir/study_files.hpp"
#include "files/manifest.hpp"
#include "files/source_folder.hpp"

namespace etl::files {

/// A document that cannot be loaded, and why.
struct Problem {
  std::string did;
  std::string name;
  std::string place;  ///< file:line
  std::uint64_t size = 0;
  std::string reason;
};

/// What there was besides the documents of the manifest.
struct StudyTally {
  std::uint64_t problems = 0;
  std::uint64_t problem_bytes = 0;     ///< as far as the metadata says
  std::uint64_t elsewhere = 0;         ///< the url leads to a store: nothing to load
  std::uint64_t inline_data = 0;       ///< the content stands in the resource: nothing to load
  std::uint64_t further_contents = 0;  ///< contents after the first, which are not loaded
};

/// Reads every DocumentReference of a study into the manifest. `source` null: the files on disk are not looked at.
/// InputError when a file of the metadata cannot be read to its end: then nobody knows what the study holds.
[[nodiscard]] StudyTally read_documents(const std::vector<fhir::StudyFile>& files, const SourceFolder* source,
                                        Manifest& manifest, const std::function<void(const Problem&)>& on_problem,
                                        const std::stop_token& stop);

}  // namespace etl::files
