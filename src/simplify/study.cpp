#include "simplify/study.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/log.hpp"
#include "simplify/record_reader.hpp"

namespace etl::simplify {
namespace {

using fhir::Fault;
using fhir::FaultKind;
using fhir::IdIndex;

/// What all workers may hold of the index before it goes to disk.
constexpr std::size_t index_memory = std::size_t{56} << 20;

Fault fault_at(FaultKind kind, const std::vector<std::string>& files, fhir::Location where, std::string path,
               std::string message) {
  Fault fault;
  fault.kind = kind;
  fault.file = files.at(where.file);
  fault.line = where.line;
  fault.path = std::move(path);
  fault.message = std::move(message);
  return fault;
}

}  // namespace

std::string element_path(std::uint32_t ordinal) {
  static const std::vector<const fhir::Element*> elements = [] {
    std::vector<const fhir::Element*> all;
    for (const fhir::Type& type : fhir::Model::r5().types()) {
      for (const fhir::Element& element : type.elements) all.push_back(&element);
    }
    return all;
  }();
  if (ordinal >= elements.size()) return "";
  return fmt::format("{}.{}", elements[ordinal]->owner->name, elements[ordinal]->name);
}

StudyResult read_study(const StudyOptions& options, Consumer& consumer, FaultReport& report,
                       const std::function<void(const IdIndex::Reference&)>& missing) {
  const std::vector<fhir::StudyFile> files = fhir::study_files(options.path, options.selection);
  StudyResult result;
  for (const fhir::StudyFile& file : files) {
    result.files.push_back(file.name);
    if (file.bytes == 0 && file.path != "-" && std::filesystem::is_regular_file(file.path))
      log::warn("{} is empty", file.name);
  }

  std::optional<IdIndex> index;
  if (options.check_ids) index.emplace(index_memory, options.threads, options.temp_dir);
  const PipelineOptions pipeline{{options.plans, options.dictionary, options.may_hold_records && holds_records(files),
                                  options.ids, options.validate, options.references},
                                 options.threads,
                                 options.limits,
                                 options.stop};
  PipelineResult read = run_pipeline(pipeline, files, index ? &*index : nullptr, consumer);
  result.tally = read.tally;
  result.bytes = read.bytes;
  if (!index) return result;

  std::vector<IdIndex::Reference> dangling;
  std::uint64_t unlisted_dangling = 0;
  std::uint64_t unlisted_duplicates = 0;
  index->finish(
      [&](const IdIndex::Duplicate& duplicate) {
        if (duplicate.same_content) {
          read.warnings.add(FaultKind::repeated_resource, duplicate.id.substr(0, duplicate.id.find('/')),
                            "the same resource stands in the study more than once, byte for byte", duplicate.where);
        } else if (result.duplicates.size() < most_listed) {
          result.duplicates.push_back(duplicate);
        } else {
          ++unlisted_duplicates;
        }
      },
      [&](const IdIndex::Reference& reference) {
        if (missing) {
          missing(reference);
        } else if (dangling.size() < most_listed) {
          dangling.push_back(reference);
        } else {
          ++unlisted_dangling;
        }
      });

  std::ranges::sort(result.duplicates, {}, &IdIndex::Duplicate::where);
  for (const IdIndex::Duplicate& duplicate : result.duplicates) {
    report.add(fault_at(FaultKind::duplicate_id, result.files, duplicate.where, "",
                        fmt::format("{} stands already at {}:{} with another content", duplicate.id,
                                    result.files.at(duplicate.first.file), duplicate.first.line)));
  }
  std::ranges::sort(dangling, {}, &IdIndex::Reference::where);
  for (const IdIndex::Reference& reference : dangling) {
    report.add(fault_at(FaultKind::dangling, result.files, reference.where, element_path(reference.element),
                        fmt::format("{} is nowhere in the study", reference.target)));
  }
  report.add_unlisted(FaultKind::duplicate_id, unlisted_duplicates);
  report.add_unlisted(FaultKind::dangling, unlisted_dangling);
  for (const Fault& warning : read.warnings.faults(result.files)) report.add(warning);
  return result;
}

}  // namespace etl::simplify
