#include "base/suggestion.hpp"

#include <system_error>

namespace etl {
namespace fs = std::filesystem;

std::string did_you_mean_path(const fs::path& path, std::string_view otherwise) {
  constexpr std::size_t most_names = 10'000;
  std::error_code error;
  fs::path missing = path.has_filename() ? path : path.parent_path();
  while (missing.has_parent_path() && missing.parent_path() != missing && !fs::exists(missing.parent_path(), error)) {
    missing = missing.parent_path();
  }
  const fs::path folder = missing.parent_path();
  std::vector<std::string> names;
  fs::directory_iterator entries(folder.empty() ? fs::path(".") : folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    if (names.size() == most_names) return std::string(otherwise);
    names.push_back(entries->path().filename().string());
  }
  const std::string near = nearest(missing.filename().string(), names);
  if (near.empty()) return std::string(otherwise);
  return fmt::format("did you mean `{}`?", (folder / near).string());
}

}  // namespace etl
