#include "fhir/study_files.hpp"

#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/log.hpp"

namespace etl::fhir {
namespace fs = std::filesystem;
namespace {

/// The extension that tells the content: that before `.gz`.
std::string content_extension(const fs::path& path) {
  return (is_gzip(path) ? path.stem() : path.filename()).extension().string();
}

bool can_be_fhir(const fs::path& path) {
  const std::string extension = content_extension(path);
  return extension == ".ndjson" || extension == ".jsonl" || extension == ".json";
}

bool matches(const std::string& glob, const fs::path& below) {
  return fnmatch(glob.c_str(), below.filename().c_str(), 0) == 0 || fnmatch(glob.c_str(), below.c_str(), 0) == 0;
}

void require_readable(const fs::path& path) {
  if (::access(path.c_str(), R_OK) != 0) {
    throw InputError("the file cannot be read", path.string(), "give this user the right to read it");
  }
}

std::vector<StudyFile> files_below(const fs::path& folder, const StudySelection& selection) {
  std::vector<StudyFile> out;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  while (!error && at != fs::recursive_directory_iterator()) {
    const fs::directory_entry& entry = *at;
    const std::string name = entry.path().filename().string();
    const bool hidden = name.starts_with('.');
    if (entry.is_directory(error)) {
      // However it is written: with a slash at its end, relative, or by a link.
      std::error_code no_such_folder;
      const bool records = at.depth() == 0 && name == "extractions";
      if (hidden || records || fs::equivalent(entry.path(), selection.skip_folder, no_such_folder))
        at.disable_recursion_pending();
      if (!hidden && entry.is_symlink())
        log::warn("{} is a link to a folder and is not followed", entry.path().string());
    } else if (!hidden && (entry.is_regular_file(error) || entry.is_symlink())) {
      const fs::path below = entry.path().lexically_relative(folder);
      if (selection.glob.empty() ? can_be_fhir(entry.path()) : matches(selection.glob, below)) {
        require_readable(entry.path());
        out.push_back({entry.path(), entry.path().string(), entry.file_size(error)});
      }
    }
    error.clear();
    at.increment(error);
  }
  if (error) {
    throw InputError("the folder cannot be read: " + error.message(), folder.string(),
                     "give this user the right to read it and the folders below");
  }
  std::ranges::sort(out, {}, &StudyFile::name);
  return out;
}

}  // namespace

bool is_gzip(const fs::path& path) { return path.extension() == ".gz"; }

bool is_lines(const fs::path& path) {
  const std::string extension = content_extension(path);
  return extension != ".json";
}

std::vector<StudyFile> study_files(const std::string& path, const StudySelection& selection) {
  if (path == "-") return {{"-", "stdin", 0}};
  const fs::path root(path);
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (!fs::exists(status)) {
    throw InputError("there is no such file or folder", path,
                     "name the study's folder, one of its files, or - for stdin");
  }
  if (!fs::is_directory(status)) {
    require_readable(root);
    const bool regular = fs::is_regular_file(status);
    return {{root, path, regular ? fs::file_size(root, error) : 0}};
  }
  auto out = files_below(root, selection);
  if (out.empty()) {
    throw InputError(selection.glob.empty()
                         ? std::string("no FHIR in this folder: no .ndjson, .jsonl or .json file, plain or .gz")
                         : "no file here matches " + selection.glob,
                     path, "name the folder that holds the study's metadata");
  }
  return out;
}

}  // namespace etl::fhir
