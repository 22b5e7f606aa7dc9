#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/project_id.hpp"
#include "search/project_load.hpp"
#include "simplify/study_source.hpp"

/// The FHIR store: a study's raw resources behind the alias `fhir`. A document is the resource as the source has it
/// and, as its last member, `auth_resource_path`.
namespace etl::search {

inline constexpr const char* kFhirAlias = "fhir";

/// The type of document that the store consists of, without fields for guppy.
[[nodiscard]] DocumentType fhir_type();

struct PutReport {
  LoadReport load;
  std::map<std::string, std::uint64_t> types;  ///< resources by resourceType
  std::uint64_t repeated = 0;                  ///< resources that the study has more than once, stored once
};

/// Makes the store hold exactly the study's resources. `request` says how (its types and digest are set here).
/// `advanced` is told how many resources were sent. InputError, before anything is sent, for what is not JSON, has no
/// resourceType or id, or has an id that two resources of one type share; the study is not validated otherwise.
///
/// The id of a document is the resource's id; of resources of different types with one id, `Type/id`.
[[nodiscard]] PutReport put_study(Server& server, LoadRequest request, const simplify::StudySource& source,
                                  const std::function<void(std::uint64_t)>& advanced);

struct GetReport {
  std::map<std::string, std::uint64_t> types;
  std::uint64_t bytes = 0;
};

/// Writes all resources of a project, one file `{Type}.ndjson` for each type, into `folder`, which must be empty or
/// not exist: it appears with all files or not at all. Resources are ordered by id and have the text that was put.
/// UsageError when the store has nothing of the project. Resources that other tools put into an index of their own
/// (named `fhir`) are found as well.
[[nodiscard]] GetReport get_study(Server& server, const std::string& prefix, const ProjectId& project,
                                  const std::filesystem::path& folder,
                                  const std::function<void(std::uint64_t)>& advanced);

}  // namespace etl::search
