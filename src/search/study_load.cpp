#include "search/study_load.hpp"

#include <fmt/format.h>

#include <utility>

#include "search/document_load.hpp"
#include "search/guppy.hpp"

namespace etl::search {
namespace {

/// A notice names so many fields.
constexpr std::size_t kMostFields = 10;

}  // namespace

StudyLoadReport load_study(Server& server, LoadRequest load, flat::DocumentsRequest documents,
                           simplify::IssueReport& issues, const StudyLoadHooks& hooks) {
  const bool dry_run = load.dry_run;
  load.types = document_types(documents.layout, documents.types, load.prefix);
  documents.study.stop = server.stop();
  DocumentLoad sink(server, std::move(load));
  StudyLoadReport report;
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
