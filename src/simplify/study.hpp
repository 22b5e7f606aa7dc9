#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "fhir/id_index.hpp"
#include "simplify/issue_report.hpp"
#include "simplify/pipeline.hpp"

namespace etl::simplify {

struct StudyOptions {
  std::string path;  ///< a folder, a file, or - for stdin
  fhir::StudySelection selection;
  const Plans& plans;
  const dictionary::Dictionary* dictionary = nullptr;
  std::string made_with = {};     ///< a digest of the dictionary and of the simplify configuration; empty: not known
  bool may_hold_records = false;  ///< records that were simplified earlier are read as well as FHIR
  std::optional<IdTransform> ids = {};
  std::string project = {};  ///< P-Q that the study is loaded into, as far as it is known: it is part of unique keys
  bool validate = true;
  bool check_ids = true;  ///< look for duplicate ids and references that lead nowhere
  References references = References::all;
  bool latest = false;        ///< of several resources with one id the newest counts, instead of being an issue
  bool document_keys = true;  ///< as simplify::Simplifier says
  bool keep_repeats = false;  ///< list repeated resources in StudyResult::repeats
  unsigned threads = 1;
  fhir::BlockLimits limits;
  std::filesystem::path temp_dir;
  std::stop_token stop{};
};

struct StudyResult {
  std::vector<std::string> files;  ///< their names, by number
  Tally tally;
  std::uint64_t bytes = 0;
  std::vector<fhir::IdIndex::Duplicate> duplicates;  ///< with other contents than the first of their id; by place
  /// Of resources that stand in the study more than once, byte for byte: the keys of their `Type/id`, as the index has
  /// it (StudyOptions::references); sorted. Filled where StudyOptions::keep_repeats asks for it.
  std::vector<fhir::IdIndex::Key> repeats;
  std::uint64_t deletions = 0;              ///< resources that the study deletes, it may have them or not
  std::vector<fhir::IdIndex::Key> deleted;  ///< of these, `Type/id` as records have it; sorted

  /// What of the study is not in its records though nothing is wrong with it: `3 left out: 2 deleted, 1 superseded`;
  /// empty when there is nothing.
  [[nodiscard]] std::string left_out() const;
};

/// Reads a whole study into the consumer and reports what is wrong with it: the issues of resources and files as they
/// come, what only the whole shows (duplicate ids, dangling references, counted warnings) at the end. A study whose
/// records depend on the whole of it (StudyFacts) is read twice; the consumer is restarted. InputError where that would
/// be needed and the input can be read only once. Duplicates and missing references are kept sorted by place as far as
/// `most_listed` of each; what is beyond is counted. `missing`, where given, is told of every reference without a
/// target instead of the report.
[[nodiscard]] StudyResult read_study(const StudyOptions& options, Consumer& consumer, IssueReport& report,
                                     const std::function<void(const fhir::IdIndex::Reference&)>& missing = {});

inline constexpr std::size_t most_listed = 100'000;

/// The place of a reference as reports show it: Observation.subject.
[[nodiscard]] std::string element_path(std::uint32_t ordinal);

}  // namespace etl::simplify
