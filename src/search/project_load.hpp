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
#include "search/load.hpp"
#include "search/mapping.hpp"
#include "search/project_lock.hpp"
#include "search/reject_file.hpp"

namespace etl::search {

/// Replaces a project's documents: into fresh indexes, which take the place of those that readers see in one call when
/// all documents are in them. Readers see all documents of before or all of after, whatever happens.
///
///   ProjectLoad load(server, request);      // locks, and removes what a killed load has left
///   if (!load.is_unchanged()) { load.begin(); … load.add(0, id, document); … }
///   const LoadReport report = load.finish();
///
/// A load that is destroyed without finish(), or whose finish() throws, removes what it has made.
class ProjectLoad final : public Load {
 public:
  /// LockedError when another process is at work on the project.
  ProjectLoad(Server& server, LoadRequest request);
  ~ProjectLoad() override;
  ProjectLoad(const ProjectLoad&) = delete;
  ProjectLoad& operator=(const ProjectLoad&) = delete;

  void describe(std::string digest, std::vector<DocumentType> types) override;
  /// The indexes hold what this digest stands for, and as many documents as were sent then.
  [[nodiscard]] bool is_unchanged() override;
  /// Puts the fields into the mappings of all indexes behind the aliases and creates the fresh indexes. RefusedError
  /// before anything is changed when a field has another type there, or when there are too many.
  void begin() override;
  void add(std::size_t type, std::string_view id, std::string_view document) override;
  /// Refreshes, counts, and lets readers see the fresh indexes. RefusedError when documents were refused for good or
  /// the count is wrong: readers still see what they saw.
  [[nodiscard]] LoadReport finish() override;
  /// After finish(): removes all previous generations at once, also while readers may still use them.
  void remove_previous();

 private:
  struct Target;

  void look();
  void remove_orphans();
  void note_source();
  void plan_mapping(std::size_t type);
  void spread_mapping(std::size_t type, bool again);
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
