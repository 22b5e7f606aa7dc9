#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "search/generations.hpp"

namespace etl::search {

/// What `search ls` shows of an index.
struct ListedIndex {
  std::string index;
  std::string project;  ///< empty: it is not of one project, or other tools made it
  std::string type;
  unsigned generation = 0;  ///< 0: none
  std::string state;        ///< live, previous, unfinished, rolled-back, shared, other
  std::vector<std::string> aliases;
  std::uint64_t documents = 0;
  std::uint64_t bytes = 0;
  std::int64_t created = 0;  ///< in seconds since 1970
};

/// Every index whose name begins with the prefix, and what is behind the aliases of the types there and `fhir`; by
/// type, project and generation.
[[nodiscard]] std::vector<ListedIndex> list_indexes(Server& server, const std::string& prefix);

/// What readers see of a project: documents by type. Asked through the alias by `project_id` or, of the FHIR store,
/// `auth_resource_path`, as guppy does.
struct SeenCount {
  std::string type;
  std::string project;
  std::uint64_t documents = 0;
};
[[nodiscard]] std::vector<SeenCount> seen_counts(Server& server, const std::string& prefix);

}  // namespace etl::search
