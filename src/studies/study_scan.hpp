#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace etl::studies {

/// What a DocumentReference says of its file: of its first content's attachment.
struct Document {
  std::string url;          ///< attachment.url; may be empty
  std::string source_path;  ///< the extension http://aced-idp.org/fhir/StructureDefinition/source_path
  std::optional<std::uint64_t> size;
};

struct StudyScan {
  std::map<std::string, std::uint64_t>
      types;                     ///< resources by resourceType; those within Bundles are counted, not these
  std::uint64_t unreadable = 0;  ///< lines or documents that are no JSON object with a resourceType
};

/// Goes through a study's metadata (as fhir::study_files() finds it, without `extractions/`) for an overview: nothing
/// is held against FHIR. Memory is bounded by the largest resource. InputError when the folder or a file cannot be
/// read.
StudyScan scan_study(const std::filesystem::path& study, const std::function<void(const Document&)>& on_document);

}  // namespace etl::studies
