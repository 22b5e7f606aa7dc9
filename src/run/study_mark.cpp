#include "run/study_mark.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/digest.hpp"
#include "base/version.hpp"
#include "fhir/study_files.hpp"

namespace etl::run {
namespace {

void add_file(Sha256& digest, const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) found = {};
  digest.add(fmt::format("{}\n{} {} {}.{} {}.{}\n", path, found.st_ino, found.st_size, found.st_mtim.tv_sec,
                         found.st_mtim.tv_nsec, found.st_ctim.tv_sec, found.st_ctim.tv_nsec));
}

}  // namespace

std::string study_mark(const simplify::StudyOptions& study, const config::Settings& settings) {
  Sha256 digest;
  digest.add(fmt::format("{}\n", version()));
  digest.add(study.project + "\n");  // a part of unique keys, whose length is limited
  for (const char* key : {"dictionary", "simplify_config", "graph.dangling", "graph.duplicates"}) {
    const auto value = settings.get(key);
    add_file(digest, value ? value->text : "");  // an address has no file: its text alone counts
  }
  for (const fhir::StudyFile& file : fhir::study_files(study.path, study.selection)) {
    add_file(digest, file.path.string());
  }
  return digest.hex();
}

}  // namespace etl::run
