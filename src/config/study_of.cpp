#include "config/study_of.hpp"

#include <algorithm>
#include <system_error>

#include "config/folder.hpp"

namespace etl::config {
namespace {

namespace fs = std::filesystem;

fs::path real(const fs::path& path) {
  std::error_code error;
  auto out = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? path.lexically_normal() : out;
}

}  // namespace

std::string study_name(const Settings& settings, const std::string& metadata) {
  if (metadata.empty() || metadata == "-") return {};
  std::error_code error;
  fs::path path = real(metadata);
  if (!fs::is_directory(path, error)) path = path.parent_path();
  const fs::path studies = real(folder(settings, "folder.studies"));
  const auto [end, rest] = std::mismatch(studies.begin(), studies.end(), path.begin(), path.end());
  const bool below = end == studies.end() && rest != path.end();
  return below ? rest->string() : path.filename().string();
}

const StudyEntry* study_of(const Settings& settings, const std::string& metadata,
                           const std::optional<ProjectId>& project) {
  const auto& studies = settings.studies();
  if (studies.empty()) return nullptr;
  const std::string name = study_name(settings, metadata);
  auto entry = std::ranges::find_if(studies, [&](const auto& each) { return !name.empty() && each.name == name; });
  // Of several entries of a project only one is enabled.
  for (const bool enabled : {true, false}) {
    if (entry != studies.end() || !project) break;
    entry = std::ranges::find_if(studies,
                                 [&](const auto& each) { return each.project == *project && each.enabled == enabled; });
  }
  return entry == studies.end() ? nullptr : &*entry;
}

}  // namespace etl::config
