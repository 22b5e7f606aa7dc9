#include "files/study_documents.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/error.hpp"
#include "fhir/block_reader.hpp"

namespace etl::files {
namespace {

class Reading {
 public:
  Reading(const SourceFolder* source, Manifest& manifest, const std::function<void(const Problem&)>& on_problem)
      : source_(source), manifest_(manifest), on_problem_(on_problem) {}

  void take(std::string_view resource, const std::string& place) {
    std::optional<Attachment> attachment;
    try {
      attachment = read_attachment(parser_, resource);
    } catch (const InputError& error) {
      refuse(error.what(), place);
    }
    if (!attachment) return;
    Problem problem{attachment->id, attachment->url, place, attachment->size.value_or(0), {}};
    try {
      document(*attachment, place, problem);
    } catch (const InputError& error) {
      problem.reason = error.what();
      tell(problem);
    }
  }

  [[noreturn]] static void refuse(const std::string& what, const std::string& place) {
    throw InputError(what, place, "`aced-etl validate` names every fault; nothing was done");
  }

  [[nodiscard]] const StudyTally& tally() const { return tally_; }

 private:
  void document(const Attachment& attachment, const std::string& place, Problem& problem) {
    if (attachment.contents > 1) tally_.further_contents += attachment.contents - 1;
    if (is_elsewhere(attachment.url)) {
      ++tally_.elsewhere;
      return;
    }
    if (attachment.url.empty() && attachment.has_data) {
      ++tally_.inline_data;
      return;
    }
    Document document = described_by(attachment);
    document.place = place;
    if (source_ != nullptr) source_->locate(attachment, document);
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

  const SourceFolder* source_;
  Manifest& manifest_;
  const std::function<void(const Problem&)>& on_problem_;
  simdjson::dom::parser parser_;
  StudyTally tally_;
};

}  // namespace

StudyTally read_documents(const std::vector<fhir::StudyFile>& files, const SourceFolder* source, Manifest& manifest,
                          const std::function<void(const Problem&)>& on_problem, const std::stop_token& stop) {
  std::optional<fhir::Fault> broken;
  const auto on_fault = [&](const fhir::Fault& fault) {
    if (!broken) broken = fault;
  };
  fhir::BlockReader reader(files, {}, on_fault, stop);
  Reading reading(source, manifest, on_problem);
  fhir::Block block;
  while (reader.next(block)) {
    if (stop.stop_requested()) throw StoppedError();
    for (const fhir::Block::Piece& piece : block.pieces) {
      reading.take(block.piece(piece), fmt::format("{}:{}", files[block.file].name, piece.line));
    }
  }
  if (broken) Reading::refuse(broken->message, fmt::format("{}:{}", broken->file, broken->line));
  return reading.tally();
}

}  // namespace etl::files
