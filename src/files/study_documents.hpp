#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/manifest.hpp"
#include "simplify/study_source.hpp"

namespace etl::files {

/// A document that cannot be loaded, and why.
struct DocumentIssue {
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
  std::uint64_t elsewhere = 0;         ///< the url leads to a store or server: nothing to load
  std::uint64_t inline_data = 0;       ///< the content is in the resource: nothing to load
  std::uint64_t references = 0;        ///< the url is a reference to a Binary resource: nothing to load
  std::uint64_t no_url = 0;            ///< nothing names a file (a title alone): nothing to load
  std::uint64_t further_contents = 0;  ///< contents after the first, which are not loaded
  std::uint64_t deleted = 0;           ///< DocumentReferences that the study deletes: not part of it
  std::uint64_t superseded = 0;        ///< DocumentReferences that the study has a newer version of
};

/// The DocumentReferences whose files are not loaded though nothing is wrong with them, by kind, in words for a table:
/// those that name no file of the study, are deleted or superseded. Kinds without any are left out.
[[nodiscard]] std::vector<std::pair<std::string_view, std::uint64_t>> without_file(const StudyTally& tally);

/// Reads every DocumentReference of a study into the manifest, and finds its file on disk if the manifest has a
/// locator. Excluded files are logged. InputError when a file of the metadata cannot be read to its end, or would have
/// to be read twice and cannot: then it is unknown what the study holds.
[[nodiscard]] StudyTally read_documents(const simplify::StudySource& study, Manifest& manifest,
                                        const std::function<void(const DocumentIssue&)>& on_issue,
                                        const std::stop_token& stop);

/// The same for the documents with these GUIDs alone: the manifest holds no others, and problems of others, whose files
/// need not be on this disk, are neither reported nor counted.
[[nodiscard]] StudyTally read_chosen_documents(const simplify::StudySource& study, Manifest& manifest,
                                               const std::vector<std::string>& guids,
                                               const std::function<void(const DocumentIssue&)>& on_issue,
                                               const std::stop_token& stop);

}  // namespace etl::files
