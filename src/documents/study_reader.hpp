#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "documents/reference.hpp"
#include "fhir/study_files.hpp"

namespace etl::documents {

/// What a study's metadata holds besides its DocumentReferences.
struct StudyContents {
  std::map<std::string, std::uint64_t>
      types;                     ///< resources by resourceType; those within Bundles are counted, not these
  std::uint64_t unreadable = 0;  ///< lines or documents that are no JSON object with a resourceType
};

struct StudyReading {
  std::function<void(const Reference& reference, const std::string& place)> on_reference;  ///< `place`: file:line
  /// Told of every line, document or file that is not JSON. It may throw to end the reading.
  std::function<void(const std::string& what, const std::string& place)> on_fault;
  std::stop_token stop{};  ///< StoppedError when a stop is requested
};

/// Reads a study's metadata: every DocumentReference, and how many resources of each type there are. Nothing is checked
/// against FHIR. Memory is bounded by the largest resource.
[[nodiscard]] StudyContents read_study(const std::vector<fhir::StudyFile>& files, const StudyReading& reading);

}  // namespace etl::documents
