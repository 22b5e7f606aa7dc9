#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/project_id.hpp"
#include "search/server.hpp"

/// How projects, document types and indexes belong together.
///
/// Each project has an index of its own for each type, `{prefix}_{type}_{project}_{n}`, where n counts the project's
/// loads: a generation. The alias `{type}` (and `{prefix}_{type}`) is on one generation of each project. What an index
/// belongs to is read from `_meta` of its mapping, never from its name.
namespace etl::search {

/// What a load notes in `_meta.aced_etl` of an index.
struct IndexMeta {
  std::string project;
  std::string type;
  unsigned generation = 0;
  std::string load;                ///< a token of the load that made it
  std::string digest;              ///< of the study's content and of what it was made with; empty: not known
  std::string source = {};         ///< LoadRequest::source
  std::uint64_t documents = 0;     ///< how many were sent, when it is complete
  bool complete = false;           ///< all documents are in it, and were counted
  std::int64_t loaded = 0;         ///< when it was completed, in seconds since 1970
  std::vector<std::string> empty;  ///< types of which the same load had no document

  [[nodiscard]] nlohmann::json to_json() const;
};

/// An index as the server describes it.
struct Index {
  std::string name;
  std::map<std::string, nlohmann::json, std::less<>> aliases;  ///< name -> options, such as `filter`
  nlohmann::json mapping;                                      ///< with `properties`, `dynamic`, `_meta`
  std::optional<IndexMeta> meta;                               ///< nothing: not made by this program
  std::int64_t created = 0;                                    ///< in seconds since 1970
  std::uint64_t field_limit = 1000;

  [[nodiscard]] bool has_alias(std::string_view alias) const;
};

/// A project's indexes of one type, by generation.
struct Generations {
  std::vector<Index> indexes;  ///< the oldest first

  /// The one that readers see; nothing when there is none.
  [[nodiscard]] const Index* live(std::string_view alias) const;
  /// The newest complete one below the live one: what a rollback would bring back.
  [[nodiscard]] const Index* previous(std::string_view alias) const;
};

/// `{prefix}_{type}_{project}_`. Names of indexes are in lower case; a project's id that is not, or is long, gets
/// a part of its digest, so that two projects never share a name.
[[nodiscard]] std::string index_name_base(std::string_view prefix, std::string_view type, const ProjectId& project);
/// UsageError for a prefix that cannot begin the name of an index.
void check_prefix(const std::string& prefix);

/// Every index whose name or alias matches `pattern` (`gen3.aced.io_*`); none is no error.
[[nodiscard]] std::vector<Index> read_indexes(Server& server, const std::string& pattern);
/// The indexes of one project and type, out of all.
[[nodiscard]] Generations generations_of(const std::vector<Index>& all, std::string_view type,
                                         const ProjectId& project);

/// Makes what was sent to an index visible to searches.
void refresh_index(Server& server, const std::string& index);

/// The documents in an index, which must have been refreshed.
[[nodiscard]] std::uint64_t count_documents(Server& server, const std::string& index);

/// Sends the mapping of one index: its new fields and its `_meta`. Elasticsearch 6.8 forgets a `_meta` that is not sent
/// along.
void put_mapping(Server& server, const std::string& index, const nlohmann::json& properties,
                 const nlohmann::json& meta);

/// Makes the mapping of an index take no new fields from documents, if it does.
void make_static(Server& server, const Index& index);

/// `body` of a request that creates an index.
void create_index(Server& server, const std::string& name, const nlohmann::json& settings,
                  const nlohmann::json& mapping, const std::vector<std::string>& aliases = {});
/// Removes an index; one that is not there is no error.
void remove_index(Server& server, const std::string& name);

}  // namespace etl::search
