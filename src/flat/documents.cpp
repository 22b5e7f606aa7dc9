#include "flat/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "base/fast_digest.hpp"
#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "flat/rows.hpp"
#include "simplify/check_study.hpp"

namespace etl::flat {
namespace {

/// Changed whenever the same study gives other documents, so that no digest of an earlier program is equal.
constexpr std::string_view digest_version = "1";

/// Documents are handed on when so many bytes of them are there.
constexpr std::size_t batch_bytes = std::size_t{1} << 20U;

/// Of one group of columns; no server takes as many.
constexpr std::size_t most_names = 20'000;

template <typename Number>
std::string_view bytes_of(const Number& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

/// A text with its size, so that no two lists of texts give the same bytes.
void add_sized(FastDigest& digest, std::string_view text) {
  digest.add(bytes_of(std::uint64_t{text.size()}));
  digest.add(text);
}

/// Gathers the rows and join texts of a study.
class Gatherer final : public simplify::ConsumerOf<BlockRows> {
 public:
  Gatherer(const DocumentsRequest& request, const Method& method, std::size_t sets,
           const std::function<void(std::uint64_t)>& progress)
      : request_(request), method_(method), sets_(sets), progress_(progress) {
    reset();
  }

  bool restart() override {
    reset();
    return true;
  }
  void advanced(std::uint64_t bytes) override { progress_(bytes); }

  [[nodiscard]] std::array<std::array<std::uint64_t, 2>, 2> digests() const {
    return {rows_digest_.value(), texts_.value()};
  }

  std::unique_ptr<RowFile> rows;
  std::vector<KeyedStore> stores;
  std::vector<std::uint64_t> counts;  ///< rows of each set
  Losses losses;
  NameSets names;

 protected:
  std::unique_ptr<BlockRows> make_part() override {
    auto block = std::make_unique<BlockRows>(method_.flattener());
    block->names.resize(method_.name_groups());
    return block;
  }

  void take_part(BlockRows& block) override {
    if (request_.limit > 0) {
      take_some(block);
    } else {
      each_row(block.rows.view(), [&](const Row& row) { ++counts[row.set]; });
      append_rows(block.rows.view(), block.row_count);
    }
    std::size_t at = 0;
    for (const BlockRows::Side& side : block.sides) {
      const std::string_view text = block.side_text.view(at, at + side.size);
      at += side.size;
      stores[side.store].add(side.key, text);
      texts_.add(bytes_of(side.key.high));
      texts_.add(bytes_of(side.key.low));
      add_sized(texts_, text);
    }
    losses.merge(block.losses);
    for (std::size_t i = 0; i < names.size(); ++i) {
      names[i].merge(block.names[i]);
      block.names[i].clear();
      if (names[i].size() > most_names) {
        throw InputError(fmt::format("the study gives more than {} columns", human_count(most_names)),
                         request_.study.path,
                         "columns are named by the codes of observations and by extensions: correct those that name "
                         "a column for each value");
      }
    }
    block.clear();
  }

 private:
  void reset() {
    // Half of the memory is for the rows, which are read once; the stores are looked into at random.
    const std::size_t each = method_.stores() == 0 ? 0 : request_.memory / 2 / method_.stores();
    rows = std::make_unique<RowFile>(request_.memory / 2, request_.study.temp_dir);
    stores.clear();
    for (std::size_t i = 0; i < method_.stores(); ++i) stores.emplace_back(each, request_.study.temp_dir);
    counts.assign(sets_, 0);
    losses = {};
    names.assign(method_.name_groups(), {});
    rows_digest_.reset();
    texts_.reset();
  }

  void append_rows(std::string_view text, std::uint64_t count) {
    rows->append(text, count);
    rows_digest_.add(text);
  }

  /// The rows of the block as far as the limit of their set allows.
  void take_some(const BlockRows& block) {
    Buffer kept;
    std::uint64_t count = 0;
    const std::string_view text = block.rows.view();
    each_row(text, [&](const Row& row) {
      if (counts[row.set] == request_.limit) return;
      ++counts[row.set];
      ++count;
      const char* const begin = row.id.data() - sizeof(RowHead);
      kept.append({begin, static_cast<std::size_t>(row.text.data() + row.text.size() - begin)});
    });
    append_rows(kept.view(), count);
  }

  const DocumentsRequest& request_;
  const Method& method_;
  std::size_t sets_;
  const std::function<void(std::uint64_t)>& progress_;
  FastDigest rows_digest_;
  FastDigest texts_;
};

/// Of rows that stand in the study more than once, the numbers of all but the first; sorted. Reads all rows, so it is
/// asked only when the study repeats resources.
std::vector<std::uint64_t> repeated_rows(Gatherer& gathered, const std::vector<fhir::IdIndex::Key>& repeats,
                                         const std::vector<std::string>& types) {
  std::vector<std::uint64_t> out;
  if (repeats.empty()) return out;
  std::set<std::pair<std::size_t, Key>> seen;
  Buffer scratch;
  std::string id;
  for (std::size_t chunk = 0; chunk < gathered.rows->chunks(); ++chunk) {
    std::uint64_t number = gathered.rows->first_row(chunk);
    each_row(gathered.rows->read(chunk, scratch), [&](const Row& row) {
      const std::uint64_t own = number++;
      if (!std::ranges::binary_search(repeats, row.owner)) return;
      id.assign(row.id);
      if (seen.emplace(row.set, fhir::IdIndex::key_of(id)).second) return;
      out.push_back(own);
      --gathered.counts[row.set];
      gathered.losses.add(Loss::repeated, types[row.set]);
    });
  }
  return out;
}

/// Makes the documents on all threads and hands them on.
class Delivery {
 public:
  Delivery(const DocumentsRequest& request, const Method& method, Gatherer& gathered,
           const std::vector<std::uint64_t>& left_out, DocumentSink& sink)
      : request_(request),
        method_(method),
        gathered_(gathered),
        left_out_(left_out),
        sink_(sink),
        ordered_(sink.ordered()) {}

  void run(DocumentsReport& report) {
    report.documents.assign(gathered_.counts.size(), 0);
    report_ = &report;
    std::vector<std::thread> others;
    for (unsigned i = 1; i < std::max(1U, request_.study.threads); ++i) others.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : others) thread.join();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  /// Documents of one set that wait to be handed on.
  struct Batch {
    Buffer text;
    struct Place {
      std::size_t id, json, end;
    };
    std::vector<Place> places;
  };

  void work() {
    Losses losses;
    std::vector<std::uint64_t> counts(gathered_.counts.size(), 0);
    std::uint64_t bytes = 0;
    try {
      const auto assembler = method_.assembler(gathered_.stores);
      std::vector<Batch> batches(gathered_.counts.size());
      Buffer scratch;
      for (std::size_t chunk = next_++; chunk < gathered_.rows->chunks() && !failed_; chunk = next_++) {
        if (request_.study.stop.stop_requested()) throw StoppedError();
        make(chunk, gathered_.rows->read(chunk, scratch), *assembler, batches, losses, counts, bytes);
      }
      if (!ordered_) {
        for (std::size_t set = 0; set < batches.size(); ++set) hand_on(set, batches[set]);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      failed_ = true;
      turned_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    gathered_.losses.merge(losses);
    for (std::size_t set = 0; set < counts.size(); ++set) report_->documents[set] += counts[set];
    report_->bytes += bytes;
  }

  void make(std::size_t chunk, std::string_view text, Assembler& assembler, std::vector<Batch>& batches, Losses& losses,
            std::vector<std::uint64_t>& counts, std::uint64_t& bytes) {
    std::uint64_t number = gathered_.rows->first_row(chunk);
    bool turn = !ordered_;
    each_row(text, [&](const Row& row) {
      const std::uint64_t own = number++;
      if (!left_out_.empty() && std::ranges::binary_search(left_out_, own)) return;
      Batch& batch = batches[row.set];
      const std::size_t id = batch.text.size();
      batch.text.append(row.id);
      const std::size_t json = batch.text.size();
      assembler.document(row, batch.text, losses);
      batch.places.push_back({id, json, batch.text.size()});
      ++counts[row.set];
      bytes += batch.text.size() - json;
      if (batch.text.size() < batch_bytes) return;
      if (!turn) wait_for(chunk);
      turn = true;
      hand_on(row.set, batch);
    });
    if (!ordered_) return;
    if (!turn) wait_for(chunk);
    for (std::size_t set = 0; set < batches.size(); ++set) hand_on(set, batches[set]);
    const std::lock_guard lock(mutex_);
    ++due_;
    turned_.notify_all();
  }

  void wait_for(std::size_t chunk) {
    std::unique_lock lock(mutex_);
    turned_.wait(lock, [&] { return due_ == chunk || failed_; });
    if (failed_) throw StoppedError();
  }

  void hand_on(std::size_t set, Batch& batch) {
    if (batch.places.empty()) return;
    std::vector<Document> documents;
    documents.reserve(batch.places.size());
    for (const Batch::Place& place : batch.places)
      documents.push_back({batch.text.view(place.id, place.json), batch.text.view(place.json, place.end)});
    sink_.take(set, documents);
    batch.text.clear();
    batch.places.clear();
  }

  const DocumentsRequest& request_;
  const Method& method_;
  Gatherer& gathered_;
  const std::vector<std::uint64_t>& left_out_;
  DocumentSink& sink_;
  const bool ordered_;
  DocumentsReport* report_ = nullptr;

  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;  // guards all below, and report_
  std::condition_variable turned_;
  std::size_t due_ = 0;
  std::exception_ptr error_;
};

std::vector<std::string> chosen_types(const DocumentsRequest& request) {
  const auto& all = document_types(request.layout);
  if (request.types.empty()) return all;
  std::vector<std::string> out;
  for (const std::string& type : request.types) {
    if (std::ranges::find(all, type) == all.end()) {
      throw UsageError(fmt::format("the layout has no documents of the type '{}'", type), {},
                       fmt::format("its types are {}{}", fmt::join(all, ", "), did_you_mean(type, all)));
    }
    if (std::ranges::find(out, type) == out.end()) out.push_back(type);
  }
  return out;
}

/// A hash of all that the documents depend on. Rows and join texts come in the study's order, whatever the number of
/// threads.
std::string digest_of(const DocumentsRequest& request, const Gatherer& gathered, const std::vector<DocumentSet>& sets) {
  FastDigest digest;
  add_sized(digest, digest_version);
  add_sized(digest, request.project.str());
  add_sized(digest, request.layout == Layout::dictionary ? "dictionary" : "dataframe");
  for (const std::string& pattern : request.personal) add_sized(digest, pattern);
  for (const DocumentSet& set : sets) {
    add_sized(digest, set.type);
    for (const Column& column : set.columns) {
      add_sized(digest, column.name);
      add_sized(digest, name_of(column.kind));
      add_sized(digest, column.array ? "array" : "scalar");
    }
  }
  const auto parts = gathered.digests();
  digest.add(bytes_of(parts));
  return digest.hex();
}

}  // namespace

std::string_view name_of(Loss loss) noexcept {
  static constexpr std::array<std::string_view, loss_kinds> names{
      "values that are no number",
      "further values of a column that takes one",
      "objects",
      "names that collide with another column",
      "values replaced by a later resource",
      "values that no column can show",
      "rows whose subject is not in the study",
      "observations without a patient",
      "repeated resources",
      "personal identifiers",
  };
  return names[static_cast<std::size_t>(loss)];
}

std::string project_members(const ProjectId& project) {
  return fmt::format(R"(,"project_id":"{}","auth_resource_path":"{}")", project.str(), project.resource_path());
}

DocumentsReport make_documents(const DocumentsRequest& request, DocumentSink& sink, simplify::IssueReport& report,
                               const std::function<void(std::uint64_t)>& progress) {
  const std::vector<std::string> types = chosen_types(request);
  const auto method =
      request.layout == Layout::dictionary ? dictionary_method(request, types) : dataframe_method(request, types);
  simplify::StudyOptions options = request.study;
  options.project = request.project.str();
  options.check_ids = true;  // a document's id must be unique
  options.references = simplify::References::relations;
  options.may_hold_records = request.layout == Layout::dictionary;
  options.keep_repeats = true;

  Gatherer gathered(request, *method, types.size(), progress);
  DocumentsReport out;
  out.study = simplify::read_study(options, gathered, report);
  simplify::require_resources(out.study, report, options.path);
  if (report.errors() > 0) {
    throw InputError(fmt::format("the study is not valid: {}", simplify::in_words(report)), options.path,
                     "correct the study; no document was sent or written");
  }
  while (method->must_read_again()) {
    // Its faults have been reported.
    simplify::IssueReport again([](const fhir::Issue&, bool) {}, true);
    static_cast<void>(gathered.restart());
    static_cast<void>(simplify::read_study(options, gathered, again));
    if (again.errors() > 0) {
      throw InputError("the study changed while it was read: " + simplify::in_words(again), options.path,
                       "run again when nothing writes to it");
    }
  }
  for (KeyedStore& store : gathered.stores) store.finish();
  const std::vector<std::uint64_t> left_out = repeated_rows(gathered, out.study.repeats, types);

  std::vector<DocumentSet> sets;
  for (std::size_t set = 0; set < types.size(); ++set)
    sets.push_back({types[set], gathered.counts[set], method->columns(set, gathered.names)});
  if (sink.begin(sets, digest_of(request, gathered, sets))) {
    Delivery(request, *method, gathered, left_out, sink).run(out);
  } else {
    out.documents = gathered.counts;
  }
  out.lost = gathered.losses.counts();
  return out;
}

}  // namespace etl::flat
