#include "studies/study_list.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "studies/document_files.hpp"

namespace etl::studies {
namespace {

namespace fs = std::filesystem;

StudyRow look_at(const fs::path& folder, const fs::path& output, const fs::path& state_dir) {
  StudyRow row;
  row.name = folder.filename().string();
  const DocumentPlaces places{folder, fs::weakly_canonical(output)};
  row.scan = scan_study(folder, [&](const Document& document) {
    ++row.files;
    const auto there = size_on_disk(document, places);
    row.file_bytes += document.size.value_or(there.value_or(0));
    if (!there) {
      ++row.missing;
    } else if (document.size && *document.size != *there) {
      ++row.wrong_size;
    }
  });
  for (const auto& [type, count] : row.scan.types) row.resources += count;
  row.loads = last_loads(state_dir, folder);
  return row;
}

}  // namespace

std::vector<StudyRow> list_studies(const fs::path& studies, const fs::path& output, const fs::path& state_dir) {
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::directory_iterator at(studies, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    const auto name = at->path().filename().string();
    std::error_code unreadable;
    if (!name.starts_with('.') && at->is_directory(unreadable)) folders.push_back(at->path());
  }
  if (error) {
    throw InputError("the folder of studies cannot be read: " + error.message(), studies.string(),
                     "run `aced-etl studies pull`, or name it with --studies-folder");
  }
  std::ranges::sort(folders);
  std::vector<StudyRow> rows;
  rows.reserve(folders.size());
  for (const auto& folder : folders) rows.push_back(look_at(folder, output, state_dir));
  return rows;
}

}  // namespace etl::studies
