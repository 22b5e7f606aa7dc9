#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>

#include <sys/types.h>

namespace etl::studies {

/// Adds up what a pull will write to each file system, and compares it with what was free there when the pull began.
/// A file system that does not say how much is free has room for everything.
class SpaceCheck {
 public:
  /// `bytes` more will be written below `folder`, which need not exist yet.
  void need(const std::filesystem::path& folder, std::uint64_t bytes);

  /// Is there too little room on any file system for what was added up so far?
  [[nodiscard]] bool is_short() const noexcept { return short_; }
  /// ExhaustedError when is_short(): the folder, what is free, and what is needed in all.
  void require() const;

 private:
  struct Disk {
    std::filesystem::path folder;
    std::optional<std::uint64_t> free;
    std::uint64_t needed = 0;

    [[nodiscard]] bool is_short() const { return free && needed > *free; }
  };

  std::map<std::filesystem::path, dev_t> devices_;
  std::map<dev_t, Disk> disks_;
  bool short_ = false;
};

}  // namespace etl::studies
