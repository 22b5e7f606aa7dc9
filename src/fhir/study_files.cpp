#include "fhir/study_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"
#include "base/log.hpp"
#include "base/suggestion.hpp"
#include "fhir/exclusion.hpp"

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

void require_readable(const fs::path& path) {
  if (::access(path.c_str(), R_OK) != 0) {
    throw UsageError("the file cannot be read: " + errno_text(errno), path.string(),
                     "give this user the right to read it");
  }
}

/// What clients of bulk exports (the SMART bulk data client, cumulus-etl) and file systems leave beside the data.
bool is_no_data(const std::string& name, bool folder) {
  if (name.starts_with('.')) return true;
  if (folder) return name == "error" || name == "lost+found";
  return name == "log.ndjson" || name == "manifest.json" || name == "log.ndjson.gz" || name == "manifest.json.gz";
}

/// Goes through a folder and those below it.
class Search {
 public:
  Search(const fs::path& root, const StudySelection& selection, std::vector<std::string>* left_out)
      : root_(root), selection_(selection), left_out_(left_out) {}

  /// Was anything left out because the user excluded it?
  [[nodiscard]] bool excludes() const { return excludes_; }

  std::vector<StudyFile> run() {
    folder(root_);
    std::ranges::sort(found_, {}, &StudyFile::name);
    if (left_out_ != nullptr) std::ranges::sort(*left_out_);
    return std::move(found_);
  }

 private:
  void folder(const fs::path& path) {
    std::error_code error;
    fs::directory_iterator at(path, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) entry(*at);
    if (error) {
      refuse_if_exhausted(error.value(), path);
      throw UsageError("the folder cannot be read: " + error.message(), path.string(),
                       "give this user the right to read it, or leave it out with --exclude");
    }
  }

  void entry(const fs::directory_entry& entry) {
    std::error_code error;
    const std::string name = entry.path().filename().string();
    const fs::path below = entry.path().lexically_relative(root_);
    const bool is_folder = entry.is_directory(error);
    // Folders are not entered when they are excluded, so the last part of the path is all that is left to look at.
    const bool excluded =
        std::ranges::any_of(selection_.exclude, [&](const std::string& pattern) { return matches(pattern, below); });
    excludes_ = excludes_ || excluded;
    if (excluded || is_no_data(name, is_folder)) {
      if (left_out_ != nullptr) left_out_->push_back(below.string() + (is_folder ? "/" : ""));
    } else if (is_folder) {
      // However it is written: with a slash at its end, relative, or by a link.
      if (entry.is_symlink(error)) {
        log::warn("{} is a link to a folder and is not followed", entry.path().string());
        return;
      }
      const bool records = entry.path().parent_path() == root_ && name == "extractions";
      if (!records && !fs::equivalent(entry.path(), selection_.skip_folder, error)) folder(entry.path());
    } else if (entry.is_regular_file(error) || entry.is_symlink(error)) {
      if (selection_.glob.empty() ? !can_be_fhir(entry.path()) : !matches(selection_.glob, below)) return;
      require_readable(entry.path());
      found_.push_back({entry.path(), entry.path().string(), entry.file_size(error)});
    }
  }

  const fs::path& root_;
  const StudySelection& selection_;
  std::vector<std::string>* left_out_;
  std::vector<StudyFile> found_;
  bool excludes_ = false;
};

}  // namespace

bool is_gzip(const fs::path& path) { return path.extension() == ".gz"; }

bool is_lines(const fs::path& path) {
  const std::string extension = content_extension(path);
  return extension != ".json";
}

std::vector<StudyFile> study_files(const std::string& path, const StudySelection& selection,
                                   std::vector<std::string>* left_out) {
  if (path == "-") return {{"-", "stdin", 0}};
  const fs::path root(path);
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (!fs::exists(status)) {
    throw UsageError("there is no such file or folder", path,
                     did_you_mean_path(root, "name the folder of the study, one of its files, or - for stdin"));
  }
  if (!fs::is_directory(status)) {
    require_readable(root);
    const bool regular = fs::is_regular_file(status);
    return {{root, path, regular ? fs::file_size(root, error) : 0}};
  }
  Search search(root, selection, left_out);
  auto out = search.run();
  if (out.empty() && search.excludes()) {
    throw InputError("this folder contains no FHIR files other than excluded ones", path,
                     fmt::format("check the patterns of --exclude and of `exclude` in etl.yaml: {}",
                                 fmt::join(selection.exclude, ", ")));
  }
  if (out.empty()) {
    throw InputError(selection.glob.empty()
                         ? std::string("this folder contains no FHIR files (.ndjson, .jsonl or .json, plain or .gz)")
                         : "no file here matches " + selection.glob,
                     path, "name the folder that holds the study's metadata");
  }
  return out;
}

}  // namespace etl::fhir
