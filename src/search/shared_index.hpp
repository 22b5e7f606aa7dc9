#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/project_id.hpp"
#include "search/generations.hpp"
#include "search/load.hpp"
#include "search/server.hpp"

/// The index `{prefix}_{type}_0`, which holds the documents of all projects: the layout of the tools before this
/// program. A document belongs to the project that its `project_id` or `auth_resource_path` names.
namespace etl::search {

[[nodiscard]] std::string shared_index_name(std::string_view prefix, std::string_view type);
/// The type of a shared index behind the alias of its type; empty when the index is none.
[[nodiscard]] std::string type_of_shared(const Index& index, std::string_view prefix);

/// The query that finds a project's documents in an index of other tools. RefusedError when its mapping has neither
/// `project_id` nor `auth_resource_path` as a field that can be searched.
[[nodiscard]] nlohmann::json query_of_project(const Index& index, const ProjectId& project);

/// A project's documents in an index, so that any change of one of them shows: the server gives every change of an
/// index a number, and these are the count, the least, the greatest and the sum of the numbers of the last changes.
struct Fingerprint {
  std::uint64_t documents = 0;
  double least = 0;
  double greatest = 0;
  double sum = 0;

  [[nodiscard]] bool operator==(const Fingerprint&) const = default;
};
/// Refreshes the index before.
[[nodiscard]] Fingerprint fingerprint(Server& server, const Index& index, const ProjectId& project);

/// What a load notes of a project and type, in the index `{prefix}_aced-etl-loads`: a mapping's `_meta` is one for all
/// projects.
struct SharedNote {
  std::string index;
  std::string digest;
  std::string source;  ///< LoadRequest::source
  Fingerprint fingerprint;
  std::int64_t loaded = 0;  ///< in seconds since 1970
};
[[nodiscard]] std::optional<SharedNote> read_note(Server& server, const std::string& prefix, std::string_view type,
                                                  const ProjectId& project);
void write_note(Server& server, const std::string& prefix, std::string_view type, const ProjectId& project,
                const SharedNote& note);
void remove_note(Server& server, const std::string& prefix, std::string_view type, const ProjectId& project);

/// Removes the documents that `query` finds. UnavailableError when the server did not remove all of them.
void remove_documents(Server& server, const std::string& index, const nlohmann::json& query);

/// The types of which a shared index behind its alias has documents of the project, with how many.
struct SharedHolding {
  Index index;
  std::string type;
  std::uint64_t documents = 0;
};
[[nodiscard]] std::vector<SharedHolding> shared_holdings(Server& server, const std::string& prefix,
                                                         const ProjectId& project);

/// Removes the project's documents from all shared indexes. LockedError when a load is at work on the project.
void remove_from_shared(Server& server, const LoadRequest& request);

}  // namespace etl::search
