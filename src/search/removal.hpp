#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/project_id.hpp"
#include "search/project_load.hpp"

namespace etl::search {

/// What the server holds of a project.
struct Holding {
  std::string type;
  std::uint64_t documents = 0;       ///< that readers see
  std::vector<std::string> indexes;  ///< all generations
};
[[nodiscard]] std::vector<Holding> holdings_of(Server& server, const std::string& prefix, const ProjectId& project,
                                               const std::vector<DocumentType>& types);

/// Every type of which the project has an index, except those of the FHIR store, with the fields that it has now.
[[nodiscard]] std::vector<DocumentType> types_of_project(Server& server, const std::string& prefix,
                                                         const ProjectId& project);

/// Takes a project's documents away from readers in one call and removes its indexes, all generations. guppy ends when
/// one of its aliases has no index: where no other project has one, an index without documents stays. LockedError when
/// a load is at work on the project.
void remove_project(Server& server, LoadRequest request);

/// Makes readers see the previous generation of every type again, in one call for all; the newer generation is removed
/// by the next load. Returns type -> index. UsageError when there is no previous generation.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> roll_back(Server& server, const LoadRequest& request);

}  // namespace etl::search
