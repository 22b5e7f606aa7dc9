#pragma once

#include <filesystem>
#include <string_view>

namespace etl {

/// A folder for this process alone (mode 0700), removed with all that is in it.
class TemporaryFolder {
 public:
  /// `PARENT/NAME-XXXXXX`. UsageError with `hint` when it cannot be created, ExhaustedError when the disk is full.
  TemporaryFolder(const std::filesystem::path& parent, std::string_view name, std::string_view hint);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// The caller has moved the folder away: it stays.
  void release() noexcept { path_.clear(); }

 private:
  std::filesystem::path path_;
};

}  // namespace etl
