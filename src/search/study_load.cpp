#include "search/study_load.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/version.hpp"
#include "fhir/study_files.hpp"
#include "search/document_load.hpp"
#include "search/guppy.hpp"
#include "search/source_digest.hpp"

namespace etl::search {
namespace {

/// A notice names so many fields.
constexpr std::size_t kMostFields = 10;

/// Of the study's files, and of everything else that decides its documents and whether it is valid. Empty when it can
/// be read only once.
std::string digest_of_source(const flat::DocumentsRequest& request, const std::stop_token& stop) {
  const simplify::StudyOptions& study = request.study;
  if (study.made_with.empty() || study.path == "-") return {};
  const auto files = fhir::study_files(study.path, study.selection);
  std::string settings =
      fmt::format("documents {} {} {} {} {} {} {} {} {} {} {}\n", version_line(), static_cast<int>(request.layout),
                  request.project.str(), request.limit, study.made_with, study.may_hold_records, study.validate,
                  study.check_ids, study.latest, study.limits.max_resource, study.ids ? (*study.ids)("id") : "");
  // Patterns, types and names of files have no line ends.
  for (const std::string& type : request.types) settings += fmt::format("type {}\n", type);
  for (const std::string& pattern : request.personal) settings += fmt::format("personal {}\n", pattern);
  for (const fhir::StudyFile& file : files) settings += fmt::format("file {}\n", file.name);
  return source_digest(files, settings, stop);
}

}  // namespace

StudyLoadReport load_study(Server& server, LoadRequest load, flat::DocumentsRequest documents,
                           simplify::IssueReport& issues, const StudyLoadHooks& hooks) {
  const bool dry_run = load.dry_run;
  if (!load.force && !dry_run) load.source = digest_of_source(documents, server.stop());
  load.types = document_types(documents.layout, documents.types, load.prefix);
  documents.study.stop = server.stop();
  DocumentLoad sink(server, std::move(load));
  StudyLoadReport report;
  if (!dry_run && sink.is_unchanged()) {
    report.load = sink.finish();
    return report;
  }
  report.documents = flat::make_documents(documents, sink, issues, [&](std::uint64_t bytes) {
    if (hooks.on_bytes) hooks.on_bytes(bytes);
  });
  if (hooks.on_swap) hooks.on_swap();
  report.load = sink.finish();
  report.sets = sink.sets();
  if (dry_run) {
    for (std::size_t n = 0; n < report.sets.size(); ++n) report.load.types[n].after = report.sets[n].documents;
  }
  return report;
}

std::string new_fields_notice(const LoadReport& report, bool dry_run) {
  if (!report.has_new_fields()) return {};
  std::string fields;
  std::size_t count = 0;
  for (const TypeReport& type : report.types) {
    for (const std::string& field : type.new_fields) {
      if (++count <= kMostFields) fields += fmt::format("{}{}.{}", fields.empty() ? "" : ", ", type.type, field);
    }
  }
  if (count > kMostFields) fields += fmt::format(" and {} more", count - kMostFields);
  return fmt::format("{} new to guppy ({}): it reads fields only when it starts. {}: {}",
                     count == 1 ? "a field is" : fmt::format("{} fields are", count), fields,
                     dry_run ? "Restart it after the load" : "Restart it", kRestartGuppy);
}

}  // namespace etl::search
