#include "simplify/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "fhir/exclusion.hpp"
#include "simplify/facts_scan.hpp"
#include "simplify/record_reader.hpp"

namespace etl::simplify {
namespace {

using fhir::IdIndex;
using fhir::Issue;
using fhir::IssueKind;

/// What all workers may hold of the index before it goes to disk.
constexpr std::size_t index_memory = std::size_t{56} << 20;

/// Gathers what the Bundles of a study delete.
class Deletions final : public fhir::DeletionSink {
 public:
  explicit Deletions(const IdTransform* ids) : ids_(ids) {}

  void deleted(std::string_view target) override {
    const std::size_t id = target.find('/') + 1;
    const auto record = ids_ == nullptr
                            ? IdIndex::key_of(target)
                            : IdIndex::key_of(std::string(target.substr(0, id)) + (*ids_)(target.substr(id)));
    const std::lock_guard lock(mutex_);
    source_.push_back(IdIndex::key_of(target));
    if (ids_ != nullptr) records_.push_back(record);
  }
  void not_carried_out(fhir::Location where) override {
    const std::lock_guard lock(mutex_);
    unnamed_.add(IssueKind::deletion, "Bundle.entry.request",
                 "a deletion that names no single resource (Type/id) is not carried out", where);
  }

  void finish() {
    for (auto* keys : {&source_, &records_}) {
      std::ranges::sort(*keys);
      keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
    }
  }
  /// Sorted, after finish(): of `Type/id` as the source has it, and as records have it.
  [[nodiscard]] const std::vector<IdIndex::Key>& of_source() const { return source_; }
  [[nodiscard]] const std::vector<IdIndex::Key>& of_records() const { return ids_ == nullptr ? source_ : records_; }
  [[nodiscard]] const fhir::Warnings& unnamed() const { return unnamed_; }

 private:
  const IdTransform* ids_;
  std::mutex mutex_;
  std::vector<IdIndex::Key> source_;
  std::vector<IdIndex::Key> records_;
  fhir::Warnings unnamed_;
};

/// Takes nothing: for a reading that only finds out what must be known.
class DiscardRecords final : public ConsumerOf<NoRecords> {
 public:
  bool restart() override { return true; }

 protected:
  std::unique_ptr<NoRecords> make_part() override { return std::make_unique<NoRecords>(); }
  void take_part(NoRecords& part) override { static_cast<void>(part); }
};

Issue issue_at(IssueKind kind, const std::vector<std::string>& files, fhir::Location where, std::string path,
               std::string message) {
  Issue issue;
  issue.kind = kind;
  issue.file = files.at(where.file);
  issue.line = where.line;
  issue.path = std::move(path);
  issue.message = std::move(message);
  return issue;
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

namespace {

/// The readings of one study: one, or as many as it takes to know what its records depend on.
class Readings {
 public:
  Readings(const StudyOptions& options, const std::vector<fhir::StudyFile>& files, Consumer& consumer,
           IssueReport& report)
      : options_(options),
        files_(files),
        consumer_(consumer),
        report_(report),
        deletions_(options.ids ? &*options.ids : nullptr),
        records_(options.may_hold_records && holds_records(files)),
        indexed_(options.check_ids || options.latest),
        repeatable_(are_repeatable(files)) {}

  void run() {
    // What goes to a pipe cannot be taken back: it is made only when all is known that it depends on.
    const bool takes_back = consumer_.restart();
    if (!takes_back && !records_ && repeatable_ && (options_.latest || may_need_facts(files_))) {
      DiscardRecords nothing;
      do {
        read(nothing, nullptr);
      } while (learn() && !known_);
    }
    for (IssueReport* report = &report_;; report = nullptr) {
      read(consumer_, report);
      if (records_ || known_ || !repeatable_ || !takes_back || !learn()) break;
      if (!consumer_.restart()) throw InternalError("a consumer that could be restarted cannot be any more");
    }
    if (!known_ && !records_ && !repeatable_) refuse_or_warn();
    if (!options_.check_ids && !options_.latest) index_.reset();  // it was needed for references by URL alone
  }

  PipelineResult& result() { return result_; }
  std::optional<IdIndex>& index() { return index_; }
  const Deletions& deletions() const { return deletions_; }

 private:
  void read(Consumer& consumer, IssueReport* report) {
    index_.reset();
    if (indexed_) index_.emplace(index_memory, options_.threads, options_.temp_dir);
    const PipelineOptions pipeline{{.plans = options_.plans,
                                    .dictionary = options_.dictionary,
                                    .records = records_,
                                    .ids = options_.ids ? &*options_.ids : nullptr,
                                    .project = options_.project,
                                    .validate = options_.validate,
                                    .references = options_.references,
                                    .document_keys = options_.document_keys,
                                    .versions = options_.latest && !known_,
                                    .facts = known_ ? &facts_ : nullptr,
                                    .deletions = known_ || looked_ ? nullptr : &deletions_},
                                   options_.threads,
                                   options_.limits,
                                   options_.stop,
                                   report};
    result_ = run_pipeline(pipeline, files_, index_ ? &*index_ : nullptr, consumer);
    if (!looked_) deletions_.finish();
    looked_ = true;
  }

  /// After a reading: must there be another one? Then what it found is in facts_, or the next one is indexed.
  bool learn() {
    const auto& deleted =
        options_.references == References::relations ? deletions_.of_records() : deletions_.of_source();
    if (!index_ && (result_.tally.unchecked_urls > 0 || !deleted.empty())) {
      indexed_ = true;
      return true;
    }
    if (!index_) return false;
    {
      IdIndex::Writer writer(*index_);
      for (const IdIndex::Key& key : deleted) writer.remove(key);
    }
    if (!index_->needs_survey()) return false;
    IdIndex::Survey survey = index_->survey();
    if (!survey.deletes && survey.outside.empty() && survey.newest.empty()) return false;
    deletes_ = survey.deletes;
    facts_.deleted = deletions_.of_source();
    facts_.outside = std::move(survey.outside);
    facts_.newest = std::move(survey.newest);
    known_ = true;
    return true;
  }

  /// The input is gone, and its records are made.
  void refuse_or_warn() {
    if (!learn() || !known_) return;
    if (deletes_ || !facts_.newest.empty()) {
      throw InputError(deletes_ ? "the study deletes some of its own resources, so it must be read twice"
                                : "the study has several versions of some resources, so it must be read twice",
                       options_.path, "write the study to a file and name that: a pipe can be read only once");
    }
    result_.warnings.add(IssueKind::outside_reference, "",
                         "references by URL to resources that the study does not have; because a pipe can be read only "
                         "once, the records contain them like other references",
                         {}, facts_.outside.size());
  }

  const StudyOptions& options_;
  const std::vector<fhir::StudyFile>& files_;
  Consumer& consumer_;
  IssueReport& report_;
  Deletions deletions_;
  StudyFacts facts_;
  std::optional<IdIndex> index_;
  PipelineResult result_;
  bool records_;
  bool indexed_;
  bool repeatable_;
  bool looked_ = false;   ///< the deletions are known
  bool known_ = false;    ///< facts_ is complete
  bool deletes_ = false;  ///< facts_.deleted names resources that the study has
};

}  // namespace

std::string StudyResult::left_out() const {
  std::string out;
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", human_count(count), what);
  };
  add(tally.deleted, "deleted by the study");
  add(tally.superseded, "superseded by a newer version");
  add(tally.outcomes, "with a server's remarks on a search or batch");
  return out.empty() ? out : fmt::format("{} left out: {}", counted(tally.left_out(), "resource"), out);
}

StudyResult read_study(const StudyOptions& options, Consumer& consumer, IssueReport& report,
                       const std::function<void(const IdIndex::Reference&)>& missing) {
  std::vector<std::string> passed_over;
  const std::vector<fhir::StudyFile> files = fhir::study_files(options.path, options.selection, &passed_over);
  fhir::log_left_out(options.path, passed_over);
  StudyResult result;
  for (const fhir::StudyFile& file : files) {
    result.files.push_back(file.name);
    if (file.bytes == 0 && file.path != "-" && std::filesystem::is_regular_file(file.path))
      log::warn("{} is empty", file.name);
  }

  Readings readings(options, files, consumer, report);
  readings.run();
  PipelineResult& read = readings.result();
  std::optional<IdIndex>& index = readings.index();
  result.tally = read.tally;
  result.bytes = read.bytes;
  result.deletions = readings.deletions().of_source().size();
  result.deleted = readings.deletions().of_records();
  read.warnings.merge(readings.deletions().unnamed());
  if (!index) {
    for (const Issue& warning : read.warnings.issues(result.files)) report.add(warning);
    return result;
  }

  std::vector<IdIndex::Reference> dangling;
  std::uint64_t unlisted_dangling = 0;
  std::uint64_t unlisted_duplicates = 0;
  index->finish(
      [&](const IdIndex::Duplicate& duplicate) {
        if (duplicate.same_content) {
          if (options.keep_repeats) result.repeats.push_back(IdIndex::key_of(duplicate.id));
          read.warnings.add(IssueKind::repeated_resource, duplicate.id.substr(0, duplicate.id.find('/')),
                            "the study contains the same resource more than once, byte for byte", duplicate.where);
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

  std::ranges::sort(result.repeats);
  std::ranges::sort(result.duplicates, {}, &IdIndex::Duplicate::where);
  for (const IdIndex::Duplicate& duplicate : result.duplicates) {
    report.add(issue_at(IssueKind::duplicate_id, result.files, duplicate.where, "",
                        fmt::format("{} is already defined at {}:{} with other content", duplicate.id,
                                    result.files.at(duplicate.first.file), duplicate.first.line)));
  }
  std::ranges::sort(dangling, {}, &IdIndex::Reference::where);
  for (const IdIndex::Reference& reference : dangling) {
    report.add(issue_at(IssueKind::dangling, result.files, reference.where, element_path(reference.element),
                        fmt::format("{} does not exist in the study", reference.target)));
  }
  report.add_unlisted(IssueKind::duplicate_id, unlisted_duplicates);
  report.add_unlisted(IssueKind::dangling, unlisted_dangling);
  for (const Issue& warning : read.warnings.issues(result.files)) report.add(warning);
  return result;
}

}  // namespace etl::simplify
