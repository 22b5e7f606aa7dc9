#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace etl::fhir {

/// Does `pattern` (fnmatch, where `*` also matches `/`) match the last part of a path below a study's folder, or the
/// whole of it? A '/' at the end of the pattern counts for nothing: `drafts/` is the folder `drafts`.
[[nodiscard]] bool matches(const std::string& pattern, const std::filesystem::path& below);

/// Does one of the patterns match the file `below` or one of the folders that it is in?
[[nodiscard]] bool is_excluded(const std::vector<std::string>& patterns, const std::filesystem::path& below);

/// Logs, at level info, which files and folders of the study at `path` were left out as no part of it. The same list
/// is logged once only, since a run reads a study several times. Safe to call from many threads.
void log_left_out(const std::string& path, const std::vector<std::string>& left_out);

}  // namespace etl::fhir
