#pragma once

#include <algorithm>
#include <filesystem>

namespace etl {

/// Does `path` lie in `folder`, or is it the folder itself? By their parts alone: both must be absolute and free of
/// links and `..`, as canonical() and base/beneath give them.
[[nodiscard]] inline bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const auto [at, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return at == folder.end() ||
         (std::next(at) == folder.end() && at->empty());  // the folder's name may end with a slash
}

}  // namespace etl
