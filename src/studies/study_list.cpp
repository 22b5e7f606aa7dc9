#include "studies/study_list.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "base/log.hpp"
#include "config/folder.hpp"
#include "config/study_of.hpp"
#include "documents/locator.hpp"
#include "fhir/exclusion.hpp"
#include "fhir/study_files.hpp"
#include "simplify/study_source.hpp"

namespace etl::studies {
namespace {

namespace fs = std::filesystem;

StudyRow look_at(const config::Settings& settings, const fs::path& folder) {
  StudyRow row;
  row.name = folder.filename().string();
  const documents::Locator locator(documents::places_of(settings, folder.string(), std::nullopt));
  const simplify::StudySource source =
      simplify::study_source(settings, folder.string(), config::study_of(settings, folder.string()));
  row.contents = documents::read_study(
      metadata_of(folder, source.selection),
      {.on_reference =
           [&](const documents::Reference& reference, const std::string&) {
             if (documents::kind_of(reference) != documents::ReferenceKind::file) return;
             ++row.files;
             row.file_bytes += reference.size.value_or(0);
             try {
               const auto there = locator.locate(reference);
               if (reference.size && *reference.size != there.size) ++row.wrong_size;
             } catch (const InputError&) {
               ++row.missing;
             }
           },
       .on_issue = [](const std::string& what, const std::string& place) { log::warn("{}: {}", place, what); },
       .latest = source.latest,
       .limits = source.limits,
       .temp_dir = source.temp_dir});
  for (const auto& [type, count] : row.contents.types) row.resources += count;
  row.loads = last_loads(config::folder(settings, "state_dir"), folder);
  return row;
}

}  // namespace

std::vector<fhir::StudyFile> metadata_of(const fs::path& folder, const fhir::StudySelection& selection) {
  try {
    std::vector<std::string> left_out;
    auto files = fhir::study_files(folder.string(), selection, &left_out);
    fhir::log_left_out(folder.string(), left_out);
    return files;
  } catch (const InputError&) {
    if (!fs::is_directory(folder)) throw;
    return {};
  }
}

std::vector<StudyRow> list_studies(const config::Settings& settings) {
  const auto studies = config::folder(settings, "folder.studies");
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::directory_iterator at(studies, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    const auto name = at->path().filename().string();
    std::error_code unreadable;
    if (!name.starts_with('.') && at->is_directory(unreadable)) folders.push_back(at->path());
  }
  if (error) {
    throw UsageError("cannot read the folder of studies: " + error.message(), studies.string(),
                     "run `aced-etl studies pull`, or name it with --studies-folder");
  }
  std::ranges::sort(folders);
  std::vector<StudyRow> rows;
  rows.reserve(folders.size());
  for (const auto& folder : folders) rows.push_back(look_at(settings, folder));
  return rows;
}

}  // namespace etl::studies
