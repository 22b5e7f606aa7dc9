#include "files/study_documents.hpp"

#include <fmt/format.h>

#include <set>

#include "base/error.hpp"
#include "documents/names.hpp"
#include "documents/study_reader.hpp"
#include "fhir/exclusion.hpp"
#include "fhir/study_files.hpp"

namespace etl::files {
namespace {

class Reading {
 public:
  Reading(Manifest& manifest, const simplify::IdTransform* ids,
          const std::function<void(const DocumentIssue&)>& on_issue)
      : manifest_(manifest), ids_(ids), on_issue_(on_issue) {}

  void take(const documents::Reference& reference, const std::string& place) {
    if (reference.contents > 1) tally_.further_contents += reference.contents - 1;
    switch (documents::kind_of(reference)) {
      case documents::ReferenceKind::elsewhere:
        ++tally_.elsewhere;
        return;
      case documents::ReferenceKind::inlined:
        ++tally_.inline_data;
        return;
      case documents::ReferenceKind::reference:
        ++tally_.references;
        return;
      case documents::ReferenceKind::no_url:
        ++tally_.no_url;
        return;
      case documents::ReferenceKind::file:
        break;
    }
    DocumentIssue problem{
        guid_of(reference.id), documents::name_of(reference.url), place, reference.size.value_or(0), {}};
    try {
      document(reference, place, problem);
    } catch (const InputError& error) {
      problem.reason = error.what();
      tell(problem);
    }
  }

  void deleted(const std::string& id) { manifest_.note_deleted(guid_of(id)); }

  [[nodiscard]] StudyTally tally(const documents::StudyContents& contents) const {
    StudyTally tally = tally_;
    tally.deleted = contents.deleted_references;
    tally.superseded = contents.superseded_references;
    return tally;
  }

 private:
  [[nodiscard]] std::string guid_of(const std::string& id) const { return ids_ == nullptr ? id : (*ids_)(id); }

  void document(const documents::Reference& reference, const std::string& place, DocumentIssue& problem) {
    Document document = described_by(reference, ids_);
    document.place = place;
    if (manifest_.locator() != nullptr) find_file(*manifest_.locator(), reference, document);
    const Manifest::Added added = manifest_.add(document);
    if (added == Manifest::Added::added || added == Manifest::Added::repeated) return;
    const auto first = manifest_.find(document.did);
    if (added == Manifest::Added::clashed && first) {
      tell({first->did, first->name, first->place, first->size,
            fmt::format("another file has the same id, at {}", place)});
    }
    problem.reason = fmt::format("another file has the same id, at {}", first ? first->place : "");
    tell(problem);
  }

  void tell(const DocumentIssue& problem) {
    ++tally_.problems;
    tally_.problem_bytes += problem.size;
    on_issue_(problem);
  }

  Manifest& manifest_;
  const simplify::IdTransform* ids_;
  const std::function<void(const DocumentIssue&)>& on_issue_;
  StudyTally tally_;
};

}  // namespace

std::vector<std::pair<std::string_view, std::uint64_t>> without_file(const StudyTally& tally) {
  std::vector<std::pair<std::string_view, std::uint64_t>> rows{
      {"elsewhere", tally.elsewhere}, {"inline", tally.inline_data}, {"reference", tally.references},
      {"no-url", tally.no_url},       {"deleted", tally.deleted},    {"superseded", tally.superseded}};
  std::erase_if(rows, [](const auto& row) { return row.second == 0; });
  return rows;
}

StudyTally read_documents(const simplify::StudySource& study, Manifest& manifest,
                          const std::function<void(const DocumentIssue&)>& on_issue, const std::stop_token& stop) {
  std::vector<std::string> left_out;
  const auto files = fhir::study_files(study.path, study.selection, &left_out);
  fhir::log_left_out(study.path, left_out);
  Reading reading(manifest, study.ids ? &*study.ids : nullptr, on_issue);
  const documents::StudyContents contents = documents::read_study(
      files, {.on_reference = [&](const auto& reference, const std::string& place) { reading.take(reference, place); },
              .on_issue =
                  [](const std::string& what, const std::string& place) {
                    throw InputError(what, place, "`aced-etl validate` lists every issue; no file was loaded");
                  },
              .on_deletion = [&](const std::string& id) { reading.deleted(id); },
              .latest = study.latest,
              .limits = study.limits,
              .temp_dir = study.temp_dir,
              .stop = stop});
  return reading.tally(contents);
}

StudyTally read_chosen_documents(const simplify::StudySource& study, Manifest& manifest,
                                 const std::vector<std::string>& guids,
                                 const std::function<void(const DocumentIssue&)>& on_issue,
                                 const std::stop_token& stop) {
  const std::set<std::string> chosen(guids.begin(), guids.end());
  StudyTally tally;
  const auto on_any_issue = [&](const DocumentIssue& problem) {
    if (!chosen.contains(problem.did)) return;
    ++tally.problems;
    tally.problem_bytes += problem.size;
    on_issue(problem);
  };
  static_cast<void>(read_documents(study, manifest, on_any_issue, stop));
  for (const std::string& guid : guids) manifest.choose(guid);
  manifest.keep_chosen();
  return tally;
}

}  // namespace etl::files
