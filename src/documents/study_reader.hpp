#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "documents/reference.hpp"
#include "fhir/block_reader.hpp"
#include "fhir/findings.hpp"
#include "fhir/study_files.hpp"

namespace etl::documents {

/// What a study's metadata holds besides its DocumentReferences.
struct StudyContents {
  /// Resources by resourceType, without those that are left out; those within Bundles are counted, not these.
  std::map<std::string, std::uint64_t> types;
  std::uint64_t unreadable = 0;             ///< lines or documents that are no JSON object with a resourceType
  std::uint64_t deleted = 0;                ///< resources left out because the study deletes them
  std::uint64_t superseded = 0;             ///< resources left out because the study has a newer version (`latest`)
  std::uint64_t deleted_references = 0;     ///< those of `deleted` that are DocumentReferences
  std::uint64_t superseded_references = 0;  ///< those of `superseded` that are DocumentReferences
};

/// A resource as the source has it.
struct ResourceText {
  const std::string& type;
  const std::string& id;  ///< its own, else the one that its Bundle gives it; may be empty
  bool has_own_id = true;
  std::string_view text;
  fhir::Location where;
};

struct StudyReading {
  /// `place`: file:line. Not called for a DocumentReference that the study deletes or has a newer version of.
  std::function<void(const Reference& reference, const std::string& place)> on_reference;
  /// Called for every resource that the study does not delete or have a newer version of.
  std::function<void(const ResourceText& resource)> on_resource{};
  /// Told of every line, document or file that is not JSON. It may throw to end the reading.
  std::function<void(const std::string& what, const std::string& place)> on_issue;
  /// Told the id of every DocumentReference that the study deletes, whether the study has it or not; more than once
  /// where it is deleted more than once.
  std::function<void(const std::string& id)> on_deletion{};
  bool latest = false;  ///< of several resources with one id only the newest counts
  fhir::BlockLimits limits{};
  std::filesystem::path temp_dir{};  ///< where `latest` may put what does not fit into memory; empty: the system's
  std::stop_token stop{};            ///< StoppedError when a stop is requested
};

/// Reads a study's metadata: every DocumentReference, and how many resources of each type there are. Nothing is checked
/// against FHIR. Deletions and versions are treated as simplify::read_study() treats them, so that files and graph hold
/// the same resources; a study that may have any is read twice. InputError when that is needed and the input can be
/// read only once. Memory is bounded by the largest resource, and 16 bytes for each deletion.
[[nodiscard]] StudyContents read_study(const std::vector<fhir::StudyFile>& files, const StudyReading& reading);

}  // namespace etl::documents
