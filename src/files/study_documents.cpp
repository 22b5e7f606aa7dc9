#include "files/study_documents.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "documents/names.hpp"
#include "documents/study_reader.hpp"

namespace etl::files {
namespace {

class Reading {
 public:
  Reading(Manifest& manifest, const std::function<void(const Problem&)>& on_problem)
      : manifest_(manifest), on_problem_(on_problem) {}

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
    Problem problem{reference.id, documents::name_of(reference.url), place, reference.size.value_or(0), {}};
    try {
      document(reference, place, problem);
    } catch (const InputError& error) {
      problem.reason = error.what();
      tell(problem);
    }
  }

  [[nodiscard]] const StudyTally& tally() const { return tally_; }

 private:
  void document(const documents::Reference& reference, const std::string& place, Problem& problem) {
    Document document = described_by(reference);
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

  void tell(const Problem& problem) {
    ++tally_.problems;
    tally_.problem_bytes += problem.size;
    on_problem_(problem);
  }

  Manifest& manifest_;
  const std::function<void(const Problem&)>& on_problem_;
  StudyTally tally_;
};

}  // namespace

std::vector<std::pair<std::string_view, std::uint64_t>> without_file(const StudyTally& tally) {
  std::vector<std::pair<std::string_view, std::uint64_t>> rows{{"elsewhere", tally.elsewhere},
                                                               {"inline", tally.inline_data},
                                                               {"reference", tally.references},
                                                               {"no-url", tally.no_url}};
  std::erase_if(rows, [](const auto& row) { return row.second == 0; });
  return rows;
}

StudyTally read_documents(const std::vector<fhir::StudyFile>& files, Manifest& manifest,
                          const std::function<void(const Problem&)>& on_problem, const std::stop_token& stop) {
  Reading reading(manifest, on_problem);
  static_cast<void>(documents::read_study(
      files,
      {.on_reference = [&](const auto& reference, const std::string& place) { reading.take(reference, place); },
       .on_fault =
           [](const std::string& what, const std::string& place) {
             throw InputError(what, place, "`aced-etl validate` names every fault; no file was loaded");
           },
       .stop = stop}));
  return reading.tally();
}

}  // namespace etl::files
