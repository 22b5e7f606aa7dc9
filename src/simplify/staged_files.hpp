#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "simplify/staged_folder.hpp"

namespace etl::simplify {

/// Files of a folder that appear together: at commit(), all at once where StagedFolder can do that, else one after the
/// other. Other files of the folder stay.
class StagedFiles {
 public:
  /// The folder is created where it is missing, and what killed runs left beside it is removed. UsageError when it
  /// cannot be created, ExhaustedError when the disk is full.
  explicit StagedFiles(std::filesystem::path folder);

  /// The new file of this name, which is created by the first call.
  [[nodiscard]] AtomicFile& file(const std::string& name);
  /// Another new file for this name, to be passed to replace().
  [[nodiscard]] AtomicFile create(const std::string& name);
  void replace(const std::string& name, AtomicFile file);
  /// Forgets all new files.
  void clear() { files_.clear(); }
  /// Moves them into place.
  void commit();

 private:
  std::filesystem::path folder_;
  std::optional<StagedFolder> staged_;  ///< before files_, which are in it
  bool looked_ = false;                 ///< whether there can be a staged folder is known
  std::map<std::string, AtomicFile> files_;
};

}  // namespace etl::simplify
