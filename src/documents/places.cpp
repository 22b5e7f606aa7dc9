#include "documents/places.hpp"

#include <algorithm>
#include <set>
#include <system_error>

#include "config/folder.hpp"
#include "config/study_of.hpp"

namespace etl::documents {
namespace {

namespace fs = std::filesystem;

/// Environment variables that name files with credentials.
constexpr const char* kCredentialFiles[] = {"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE",
                                            "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"};

fs::path real(const fs::path& path) {
  std::error_code error;
  auto out = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? path.lexically_normal() : out;
}

/// The study's folder: its metadata may be given as the folder, a folder or file below it, or come from stdin.
fs::path study_folder(const std::string& metadata) {
  if (metadata.empty() || metadata == "-") return {};
  std::error_code error;
  const fs::path path = real(metadata);
  return fs::is_directory(path, error) ? path : path.parent_path();
}

/// The first part of `path` below `folder`; empty when it is not below it.
std::string first_below(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end() && rest != path.end() ? rest->string() : std::string();
}

std::vector<fs::path> guarded_paths(const config::Settings& settings) {
  std::vector<fs::path> out;
  const auto environment = config::process_environment();
  for (const char* key : {"creds", "state_dir"}) {
    if (settings.get(key)) out.push_back(real(config::folder(settings, key)));
  }
  if (const auto key = settings.get("gen3.api_key")) out.push_back(real(key->text));
  for (const char* name : kCredentialFiles) {
    if (const auto value = environment(name); value && !value->empty()) out.push_back(real(*value));
  }
  if (const auto home = environment("HOME"); home && !home->empty()) {
    for (const char* name : {".aws", ".gen3", ".ssh", ".kube"}) out.push_back(real(fs::path(*home) / name));
  }
  return out;
}

}  // namespace

Places places_of(const config::Settings& settings, const std::string& metadata, const std::optional<ProjectId>& project,
                 const std::string& source) {
  Places places;
  places.guarded = guarded_paths(settings);
  if (!source.empty()) {
    places.output = source;
    places.output_named = true;
    return places;
  }
  places.output = config::folder(settings, "folder.output");
  places.study = study_folder(metadata);
  const fs::path studies = real(config::folder(settings, "folder.studies"));

  std::set<std::string> own;
  if (!places.study.empty()) {
    own.insert(config::study_name(settings, metadata));
    if (const std::string below = first_below(places.study, studies); !below.empty()) places.study = studies / below;
  }
  const auto& entries = settings.studies();
  const config::StudyEntry* const entry = config::study_of(settings, metadata, project);
  if (entry != nullptr) {
    own.insert(entry->name);
    if (entry->output) {
      own.insert(*entry->output);
      places.narrowed = *entry->output;
    }
  }
  std::set<std::string> foreign;
  for (const config::StudyEntry& other : entries) {
    foreign.insert(other.name);
    if (other.output) foreign.insert(*other.output);
  }
  std::error_code error;
  for (fs::directory_iterator at(studies, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    std::error_code unreadable;
    const auto name = at->path().filename().string();
    if (!name.starts_with('.') && at->is_directory(unreadable)) foreign.insert(name);
  }
  for (const auto& name : foreign) {
    if (!own.contains(name)) places.foreign.push_back(name);
  }
  return places;
}

}  // namespace etl::documents
