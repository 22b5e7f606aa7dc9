#include "studies/space_check.hpp"

#include <sys/stat.h>

#include <system_error>

#include "base/exhausted.hpp"
#include "base/saturating.hpp"

namespace etl::studies {
namespace {

/// Of the nearest parent that exists.
dev_t device_of(const std::filesystem::path& folder) {
  std::error_code error;
  auto at = std::filesystem::absolute(folder, error).lexically_normal();
  struct stat status {};
  while (::stat(at.c_str(), &status) != 0 && at.has_relative_path()) at = at.parent_path();
  return status.st_dev;
}

}  // namespace

void SpaceCheck::need(const std::filesystem::path& folder, std::uint64_t bytes) {
  const auto known = devices_.find(folder);
  const dev_t device =
      known != devices_.end() ? known->second : devices_.emplace(folder, device_of(folder)).first->second;
  const auto [entry, is_new] = disks_.try_emplace(device);
  Disk& disk = entry->second;
  if (is_new) {
    disk.folder = folder;
    disk.free = free_bytes(folder);
  }
  disk.needed = saturating_add(disk.needed, bytes);
  short_ = short_ || disk.is_short();
}

void SpaceCheck::require() const {
  for (const auto& [device, disk] : disks_) {
    if (disk.is_short()) refuse_without_space(disk.folder, disk.needed, "this pull");
  }
}

}  // namespace etl::studies
