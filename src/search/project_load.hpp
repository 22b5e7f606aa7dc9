#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/project_id.hpp"
#include "search/bulk_sender.hpp"
#include "search/generations.hpp"
#include "search/mapping.hpp"
#include "search/project_lock.hpp"
#include "search/reject_file.hpp"

namespace etl::search {

/// A type of document, as its index is to be.
struct DocumentType {
  std::string name;                                      ///< "patient": part of the index's name
  std::vector<std::string> aliases;                      ///< the first one tells which generation readers see
  nlohmann::json properties = nlohmann::json::object();  ///< fields; no other ones are indexed
  bool for_guppy = true;  ///< the first alias must always have an index, or guppy ends: an empty one if need be
  std::optional<std::vector<std::string>> list_fields = {};  ///< what guppy's array-config is to say; nothing: leave it
};

/// What a load is to do.
struct LoadRequest {
  ProjectId project;
  std::string what;  ///< "search" or "fhir": one load of each at a time
  std::string prefix;
  std::vector<DocumentType> types;
  std::string digest;  ///< of all that decides the documents; empty: not known, so they are always sent
  bool force = false;  ///< also when the digest is that of the last load
  unsigned keep = 1;   ///< previous generations to keep; 0: the command waits a minute and removes the last one, too
  bool dry_run = false;
  BulkOptions bulk;
  std::filesystem::path state_dir;
  std::filesystem::path reject_file;

  /// As the settings search.* and state_dir say; the types and the digest are still to be set.
  [[nodiscard]] static LoadRequest from(const config::Settings& settings, Server& server, ProjectId project);
};

/// What became of one type.
struct TypeReport {
  std::string type;
  std::string index;         ///< that readers see now; empty: none
  std::uint64_t before = 0;  ///< documents that readers saw
  std::uint64_t after = 0;
  bool changed = false;
  std::vector<std::string>
      new_fields;  ///< that no index behind the alias had: guppy does not know them until it restarts
};

struct LoadReport {
  bool unchanged = false;
  std::vector<TypeReport> types;
  [[nodiscard]] bool has_new_fields() const;
};

/// Replaces a project's documents: into fresh indexes, which take the place of those that readers see in one call when
/// all documents are in them. Readers see all documents of before or all of after, whatever happens.
///
///   ProjectLoad load(server, request);      // locks, and removes what a killed load has left
///   if (!load.is_unchanged()) { load.begin(); … load.add(0, id, document); … }
///   const LoadReport report = load.finish();
///
/// A load that is destroyed without finish(), or whose finish() throws, removes what it has made.
class ProjectLoad {
 public:
  /// LockedError when another process is at work on the project.
  ProjectLoad(Server& server, LoadRequest request);
  ~ProjectLoad();
  ProjectLoad(const ProjectLoad&) = delete;
  ProjectLoad& operator=(const ProjectLoad&) = delete;

  /// What was not known when the load was made: the digest, and fields of the types, which stay the same otherwise.
  void describe(std::string digest, std::vector<DocumentType> types);
  /// The indexes hold what this digest stands for, and as many documents as were sent then.
  [[nodiscard]] bool is_unchanged();
  /// Puts the fields into the mappings of all indexes behind the aliases and creates the fresh indexes. RefusedError
  /// before anything is changed when a field has another type there, or when there are too many.
  void begin();
  /// `type`: its place in the request. From any thread.
  void add(std::size_t type, std::string_view id, std::string_view document);
  /// Refreshes, counts, and lets readers see the fresh indexes. RefusedError when documents were refused for good or
  /// the count is wrong: readers still see what they saw.
  [[nodiscard]] LoadReport finish();
  /// After finish(): removes all previous generations at once, also while readers may still use them.
  void remove_previous();

 private:
  struct Target;

  void look();
  void remove_orphans();
  void plan_mapping(std::size_t type);
  void spread_mapping(std::size_t type, bool after_swap);
  void write_array_config(const DocumentType& type);
  void check_counts();
  void complete(Target& target, const std::vector<std::string>& empty);
  void swap();
  [[nodiscard]] bool is_swapped();
  void drop_old(bool before_load);
  void clean_up() noexcept;
  [[nodiscard]] std::vector<const Index*> siblings(std::size_t type) const;

  Server& server_;
  LoadRequest request_;
  std::optional<ProjectLock> lock_;
  std::string token_;
  std::vector<Index> all_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::optional<RejectFile> rejects_;
  std::optional<BulkSender> sender_;
  bool began_ = false;
  bool swapped_ = false;
};

}  // namespace etl::search
