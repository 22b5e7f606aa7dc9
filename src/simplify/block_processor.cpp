#include "simplify/block_processor.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace etl::simplify {
namespace {

using fhir::Block;
using fhir::Fault;
using fhir::FaultKind;

std::uint64_t newlines(std::string_view text) { return static_cast<std::uint64_t>(std::ranges::count(text, '\n')); }

/// The pieces of a Bundle that stands on one line, as a block of their own.
class InnerPieces final : public fhir::DocumentSplitter::Pieces {
 public:
  explicit InnerPieces(Block& block, fhir::BundleLinks& links) : block_(block), links_(links) {}
  void resource(std::string_view text, std::uint64_t line) override { block_.add(text, line, false); }
  void shell(std::string_view text, std::uint64_t line) override { block_.add(text, line, true); }
  void entry(std::string_view full_url, std::string_view reference) override {
    if (full_url.starts_with("urn:")) links_.emplace(full_url, reference);
  }

 private:
  Block& block_;
  fhir::BundleLinks& links_;
};

/// What a piece is read as.
enum class As : unsigned char {
  resource,
  plain,  ///< a List that is known to hold no resources
  shell,  ///< what is left of a Bundle
};

/// Bundles within Bundles are taken apart one within the other, each a copy of what it holds.
constexpr int most_nested = 8;

template <bool Validate>
class Worker final : public BlockWorker, private fhir::ReferenceObserver {
 public:
  Worker(const WorkerOptions& options, const std::vector<fhir::StudyFile>& files, fhir::IdIndex* index)
      : options_(options), files_(files), simplifier_(options.plans, options.ids, findings_) {
    if (index != nullptr) index_.emplace(*index);
    if (Validate) simplifier_.observe(this);
  }

  void process(const Block& block, BlockSink& sink) override { process(block, structurals_, sink); }

  [[nodiscard]] const fhir::Warnings& warnings() const noexcept override { return findings_.warnings; }
  [[nodiscard]] const Tally& tally() const noexcept override { return tally_; }

 private:
  void process(const Block& block, fhir::Structurals& structurals, BlockSink& sink);
  void piece(const Block& block, const Block::Piece& piece, const std::uint32_t* at, BlockSink& sink);
  void container(const Block& block, const Block::Piece& piece, const fhir::Cursor& document, BlockSink& sink);
  [[nodiscard]] std::optional<Record> read(const Block& block, const Block::Piece& piece, const fhir::Cursor& document,
                                           As as);
  void settle(const Block& block, const Block::Piece& piece, const std::optional<Record>& record, bool counts,
              BlockSink& sink);
  void accept(const Block& block, const Block::Piece& piece, const Record& record, BlockSink& sink);
  void reject(const Block& block, const Block::Piece& piece, BlockSink& sink);
  void relative_reference(std::string_view text, const fhir::RelativeReference& parts,
                          const fhir::Element& element) override;

  WorkerOptions options_;
  const std::vector<fhir::StudyFile>& files_;
  fhir::Findings findings_;
  Simplifier<Validate> simplifier_;
  std::optional<fhir::IdIndex::Writer> index_;
  fhir::Structurals structurals_;
  const std::uint32_t* reached_ = nullptr;  ///< the first structural behind the piece read last; null: not known
  int nested_ = 0;                          ///< Bundles that the one at hand stands in
  Tally tally_;
};

template <bool Validate>
void Worker<Validate>::process(const Block& block, fhir::Structurals& structurals, BlockSink& sink) {
  if (block.pieces.empty()) return;
  // One pass finds the structure of all resources of the block. When something is wrong with the bytes of one of them,
  // each is looked at alone, so that only that one is lost.
  const bool whole = structurals.index(block.text.view()).empty();
  const std::uint32_t* at = whole ? structurals.begin() : nullptr;
  const std::uint32_t* const last = whole ? at + structurals.size() : nullptr;
  for (const Block::Piece& p : block.pieces) {
    if (whole) {
      piece(block, p, at, sink);
      // After a good resource this is where the walk ended; after a bad one the rest of it is passed over.
      const auto end = static_cast<std::uint32_t>(p.begin + p.size);
      if (reached_ != nullptr) at = reached_;
      while (at < last && *at < end) ++at;
      continue;
    }
    Block single;
    single.file = block.file;
    single.links = block.links;
    single.text.append(block.piece(p));
    single.text.pad();
    single.pieces.push_back({0, p.size, p.line, p.shell});
    const std::string_view wrong = structurals.index(single.text.view());
    if (wrong.empty()) {
      piece(single, single.pieces[0], structurals.begin(), sink);
    } else {
      findings_.document.push_back({FaultKind::json, static_cast<std::uint32_t>(p.begin), {}, std::string(wrong)});
      ++tally_.resources;
      reject(block, p, sink);
    }
  }
}

template <bool Validate>
void Worker<Validate>::piece(const Block& block, const Block::Piece& piece, const std::uint32_t* at, BlockSink& sink) {
  const std::string_view text = block.piece(piece);
  const bool escapes = std::memchr(text.data(), '\\', text.size()) != nullptr;
  const fhir::Cursor document(block.text.data(), at, escapes);
  const std::optional<Record> record = read(block, piece, document, piece.shell ? As::shell : As::resource);
  if (!piece.shell && simplifier_.met_container() && findings_.document.empty()) {
    container(block, piece, document, sink);
    return;
  }
  settle(block, piece, record, !piece.shell, sink);
}

/// Read the piece to its end; what is wrong with it is in the findings.
template <bool Validate>
std::optional<Record> Worker<Validate>::read(const Block& block, const Block::Piece& piece,
                                             const fhir::Cursor& document, As as) {
  const fhir::Location where{block.file, piece.line};
  const auto end = static_cast<std::uint32_t>(piece.begin + piece.size);
  findings_.document.clear();
  reached_ = nullptr;
  std::optional<Record> record;
  try {
    if (as == As::shell) {
      simplifier_.shell(document, where);
    } else {
      record = simplifier_.resource(document, where, block.links.get(), as == As::plain);
      if (simplifier_.met_container()) return record;
    }
    const fhir::Cursor& after = simplifier_.cursor();
    if (after.position()[-1] >= end) throw fhir::SyntaxFault{end, "the end of the resource before the end of its line"};
    if (after.offset() < end) after.fail("nothing behind the resource");
    reached_ = after.position();
  } catch (const fhir::SyntaxFault& fault) {
    // What stands behind a syntax fault was read out of step: only the fault itself is sure.
    findings_.document.clear();
    findings_.document.push_back(
        {FaultKind::json, std::min(fault.offset, end), {}, fmt::format("not JSON: expected {}", fault.expected)});
    record.reset();
  }
  return record;
}

/// Hand on what was read. What is left of a Bundle counts only when it is not usable: then it is set aside as well.
template <bool Validate>
void Worker<Validate>::settle(const Block& block, const Block::Piece& piece, const std::optional<Record>& record,
                              bool counts, BlockSink& sink) {
  if (!findings_.document.empty()) {
    ++tally_.resources;
    reject(block, piece, sink);
  } else if (counts) {
    ++tally_.resources;
    if (record) accept(block, piece, *record, sink);
  }
}

/// A Bundle or List on one line: its entries' resources, one after the other.
template <bool Validate>
void Worker<Validate>::container(const Block& block, const Block::Piece& piece, const fhir::Cursor& document,
                                 BlockSink& sink) {
  if (nested_ == most_nested) {
    findings_.document.push_back({FaultKind::resource_type,
                                  document.offset(),
                                  {},
                                  fmt::format("a Bundle within {} others, expected fewer", most_nested)});
    settle(block, piece, std::nullopt, true, sink);
    return;
  }
  Block inner;
  inner.file = block.file;
  auto links = std::make_shared<fhir::BundleLinks>();
  {
    InnerPieces pieces(inner, *links);
    fhir::DocumentSplitter splitter(pieces, piece.size + 1);
    splitter.start_at(piece.line);
    splitter.feed(block.piece(piece));
    splitter.finish();
  }
  const bool has_resources = std::ranges::any_of(inner.pieces, &Block::Piece::shell);
  if (has_resources) {
    inner.links = std::move(links);
    inner.text.pad();
    fhir::Structurals structurals;
    ++nested_;
    process(inner, structurals, sink);
    --nested_;
    reached_ = nullptr;  // it was among the inner block's
    return;
  }
  // It holds none: an empty Bundle is checked and gives no record, a List is a resource like any other.
  const bool bundle = simplifier_.plan()->type->name == "Bundle";
  const std::optional<Record> record = read(block, piece, document, bundle ? As::shell : As::plain);
  settle(block, piece, record, !bundle, sink);
}

template <bool Validate>
void Worker<Validate>::accept(const Block& block, const Block::Piece& piece, const Record& record, BlockSink& sink) {
  ++tally_.records;
  if (index_) {
    const std::string_view text = block.piece(piece);
    // References are told as they stand, relations as they are written.
    const bool as_it_stands = options_.references == References::all;
    index_->define(record.type, as_it_stands ? simplifier_.source_id() : record.id,
                   XXH3_64bits(text.data(), text.size()), record.where);
    if (options_.references == References::relations) {
      for (const Relation& relation : record.relations) {
        std::string target(relation.dst_type);
        target += '/';
        target += relation.dst_id;
        index_->refer(target, relation.element->ordinal, record.where);
      }
    }
  }
  sink.record(record);
}

template <bool Validate>
void Worker<Validate>::reject(const Block& block, const Block::Piece& piece, BlockSink& sink) {
  Rejected rejected;
  rejected.text = block.piece(piece);
  for (fhir::OpenFault& open : findings_.document) {
    Fault fault;
    fault.kind = open.kind;
    fault.file = files_[block.file].name;
    const std::size_t offset = std::clamp<std::size_t>(open.offset, piece.begin, piece.begin + piece.size);
    fault.line = piece.line + newlines(block.text.view(piece.begin, offset));
    fault.path = std::move(open.path);
    fault.message = std::move(open.message);
    rejected.faults.push_back(std::move(fault));
  }
  findings_.document.clear();
  ++tally_.rejected;
  sink.rejected(std::move(rejected));
}

template <bool Validate>
void Worker<Validate>::relative_reference(std::string_view text, const fhir::RelativeReference& parts,
                                          const fhir::Element& element) {
  const TypePlan* plan = simplifier_.plan();
  if (plan == nullptr) return;
  const Target* target = plan->target(parts.type);
  if (target == nullptr || !target->linked) {
    simplifier_.walker().warn(FaultKind::no_link, element, parts.type, [&] {
      return fmt::format("a reference to {}, which the dictionary does not link to from here", parts.type);
    });
  } else if (index_ && options_.references == References::all) {
    index_->refer(text, element.ordinal, simplifier_.walker().where());
  }
}

}  // namespace

std::unique_ptr<BlockWorker> make_worker(const WorkerOptions& options, const std::vector<fhir::StudyFile>& files,
                                         fhir::IdIndex* index) {
  if (options.validate) return std::make_unique<Worker<true>>(options, files, index);
  return std::make_unique<Worker<false>>(options, files, index);
}

}  // namespace etl::simplify
