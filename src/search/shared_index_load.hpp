#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/load.hpp"
#include "search/project_lock.hpp"
#include "search/reject_file.hpp"

namespace etl::search {

/// Brings a project's documents up to date inside the indexes that it shares with all projects: adds and replaces
/// documents by id, then removes those that the study no longer has. Readers may see documents of two loads meanwhile;
/// after a load that failed or was killed they do until the next one. There is nothing to roll back to.
///
/// A document whose id belongs to another project is refused, and that project keeps its own.
class SharedIndexLoad final : public Load {
 public:
  /// LockedError when another process is at work on the project. RefusedError when the alias of a type is on another
  /// index than the shared one.
  SharedIndexLoad(Server& server, LoadRequest request);
  ~SharedIndexLoad() override;

  void describe(std::string digest, std::vector<DocumentType> types) override;
  [[nodiscard]] bool is_unchanged() override;
  void begin() override;
  void add(std::size_t type, std::string_view id, std::string_view document) override;
  [[nodiscard]] LoadReport finish() override;

 private:
  struct Target;

  void look();
  void make_ready(Target& target);
  void read_held_ids(Target& target);
  void remove_what_left(Target& target);
  void show();
  void drop_own_generations(const Target& target);

  Server& server_;
  LoadRequest request_;
  std::optional<ProjectLock> lock_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::optional<RejectFile> rejects_;
  std::optional<BulkSender> sender_;
  bool began_ = false;
};

}  // namespace etl::search
