#include "simplify/block_processor.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "fhir/inner_block.hpp"
#include "simplify/extension_url.hpp"
#include "simplify/resource_version.hpp"
#include "simplify/storage_check.hpp"

namespace etl::simplify {
namespace {

using fhir::Block;
using fhir::Issue;
using fhir::IssueKind;

std::uint64_t newlines(std::string_view text) { return static_cast<std::uint64_t>(std::ranges::count(text, '\n')); }

/// What a piece is read as.
enum class As : unsigned char {
  resource,
  plain,  ///< a List that is known to hold no resources
  shell,  ///< what is left of a Bundle
};

template <bool Validate>
class Worker final : public BlockWorker, private fhir::ReferenceObserver {
 public:
  Worker(const WorkerOptions& options, const std::vector<fhir::StudyFile>& files, fhir::IdIndex* index)
      : options_(options),
        files_(files),
        simplifier_(options.plans, options.ids, findings_, options.facts, options.document_keys),
        storage_({options.dictionary, options.project, !Validate}) {
    if (index != nullptr) index_.emplace(*index);
    simplifier_.observe(this);
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
  void check_storage(const Block::Piece& piece, const Record& record);
  void accept(const Block& block, const Block::Piece& piece, const Record& record, BlockSink& sink);
  void reject(const Block& block, const Block::Piece& piece, BlockSink& sink);
  void relative_reference(std::string_view text, const fhir::RelativeReference& parts,
                          const fhir::Element& element) override;
  void absolute_reference(const fhir::ResourceReference& reference, const fhir::Element& element) override;
  void passed_extension(std::span<const fhir::PathStep> path) override;
  [[nodiscard]] bool is_linked(std::string_view type, const fhir::Element& element);
  [[nodiscard]] bool is_plucked(std::span<const fhir::PathStep> path);
  [[nodiscard]] bool is_of_file(std::span<const fhir::PathStep> path);
  [[nodiscard]] bool leave_out(std::string_view id, std::uint64_t content);

  /// A reference of the resource at hand, until it is known whether the study keeps it.
  struct Pending {
    std::string target;
    std::uint32_t element;
  };

  WorkerOptions options_;
  const std::vector<fhir::StudyFile>& files_;
  fhir::Findings findings_;
  Simplifier<Validate> simplifier_;
  StorageCheck storage_;
  std::optional<fhir::IdIndex::Writer> index_;
  fhir::Structurals structurals_;
  const std::uint32_t* reached_ = nullptr;  ///< the first structural behind the piece read last; null: not known
  int nested_ = 0;                          ///< Bundles that the one at hand stands in
  Tally tally_;
  Source source_;  ///< of the record at hand
  std::vector<Pending> pending_;
  /// Warnings of extensions that were passed over, by a hash of their path; they stay where they are.
  std::unordered_map<std::uint64_t, fhir::Warnings::Count*> passed_extensions_;
  std::string scratch_;
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
    Block::Piece alone = p;
    alone.begin = 0;
    single.given_ids = block.given_ids;
    single.pieces.push_back(alone);
    const std::string_view wrong = structurals.index(single.text.view());
    if (wrong.empty()) {
      piece(single, single.pieces[0], structurals.begin(), sink);
    } else {
      const fhir::BadBytes found = fhir::explain_bytes(block.piece(p), wrong);
      findings_.document.push_back({IssueKind::json, static_cast<std::uint32_t>(p.begin + found.at), {}, found.what});
      ++tally_.resources;
      reject(block, p, sink);
    }
  }
}

template <bool Validate>
void Worker<Validate>::piece(const Block& block, const Block::Piece& piece, const std::uint32_t* at, BlockSink& sink) {
  if (piece.outcome) {
    ++tally_.resources;
    ++tally_.outcomes;
    reached_ = nullptr;
    return;
  }
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
  pending_.clear();
  std::optional<Record> record;
  try {
    if (as == As::shell) {
      simplifier_.shell(document, where);
    } else {
      record = simplifier_.resource(document, where, block.links.get(), as == As::plain, block.given_id(piece));
      if (simplifier_.met_container()) return record;
    }
    const fhir::Cursor& after = simplifier_.cursor();
    if (after.position()[-1] >= end) throw fhir::SyntaxError{end, "the end of the resource before the end of its line"};
    if (after.offset() < end) after.fail("nothing after the resource");
    reached_ = after.position();
    source_ = {document, block.links.get(), options_.facts};
    if (record) record->source = &source_;
  } catch (const fhir::SyntaxError& issue) {
    // What stands behind a syntax issue was read out of step: only the issue itself is sure.
    findings_.document.clear();
    findings_.document.push_back(
        {IssueKind::json, std::min(issue.offset, end), {}, fmt::format("not JSON: expected {}", issue.expected)});
    record.reset();
  }
  return record;
}

/// Hand on what was read. What is left of a Bundle counts only when it is not usable: then it is set aside as well.
template <bool Validate>
void Worker<Validate>::settle(const Block& block, const Block::Piece& piece, const std::optional<Record>& record,
                              bool counts, BlockSink& sink) {
  if (counts && record && findings_.document.empty()) check_storage(piece, *record);
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
  if (nested_ == fhir::most_nested_bundles) {
    findings_.document.push_back({IssueKind::resource_type,
                                  document.offset(),
                                  {},
                                  fmt::format("a Bundle within {} others; expected fewer", fhir::most_nested_bundles)});
    settle(block, piece, std::nullopt, true, sink);
    return;
  }
  const Block inner = fhir::inner_block(block, piece, options_.deletions);
  const bool has_resources = std::ranges::any_of(inner.pieces, &Block::Piece::shell);
  if (has_resources) {
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
void Worker<Validate>::check_storage(const Block::Piece& piece, const Record& record) {
  storage_.check(record, [&](std::string_view property, std::string message) {
    std::string path(record.type);
    if (!property.empty()) path.append(".").append(property);
    findings_.document.push_back(
        {IssueKind::storage, static_cast<std::uint32_t>(piece.begin), std::move(path), std::move(message)});
  });
}

template <bool Validate>
void Worker<Validate>::accept(const Block& block, const Block::Piece& piece, const Record& record, BlockSink& sink) {
  const std::string_view text = block.piece(piece);
  const bool looks_up = options_.facts != nullptr && options_.facts->leaves_out();
  const std::uint64_t content = index_ || looks_up ? XXH3_64bits(text.data(), text.size()) : 0;
  // References are told as they stand, relations as they are written.
  const bool as_it_stands = options_.references == References::all;
  const std::string_view id = as_it_stands ? simplifier_.source_id() : record.id;
  if (looks_up && leave_out(id, content)) return;
  ++tally_.records;
  if (index_) {
    for (const Pending& reference : pending_) index_->refer(reference.target, reference.element, record.where);
    if (options_.versions) {
      const fhir::IdIndex::Version version = resource_version(text);
      index_->define(record.type, id, content, record.where, &version);
    } else {
      index_->define(record.type, id, content, record.where);
    }
    if (piece.address != 0) {
      scratch_.assign(record.type).append(1, '/').append(id);
      index_->locate(scratch_, piece.address);
    }
    if (options_.references == References::relations) {
      for (const Relation& relation : record.relations) {
        scratch_.assign(relation.dst_type).append(1, '/').append(relation.dst_id);
        index_->refer(scratch_, relation.element->ordinal, record.where);
      }
    }
  }
  sink.record(record);
}

/// Is the resource at hand one that the study deletes, or has a newer version of? `id` is the one that the index knows.
template <bool Validate>
bool Worker<Validate>::leave_out(std::string_view id, std::uint64_t content) {
  const auto key_of = [&](std::string_view name) {
    scratch_.assign(simplifier_.plan()->type->name).append(1, '/').append(name);
    return fhir::IdIndex::key_of(scratch_);
  };
  if (options_.facts->is_deleted(key_of(simplifier_.source_id()))) {
    ++tally_.deleted;
    return true;
  }
  if (options_.facts->is_superseded(key_of(id), content)) {
    ++tally_.superseded;
    return true;
  }
  return false;
}

template <bool Validate>
void Worker<Validate>::reject(const Block& block, const Block::Piece& piece, BlockSink& sink) {
  Rejected rejected;
  rejected.text = block.piece(piece);
  for (fhir::OpenIssue& open : findings_.document) {
    Issue issue;
    issue.kind = open.kind;
    issue.file = files_[block.file].name;
    const std::size_t offset = std::clamp<std::size_t>(open.offset, piece.begin, piece.begin + piece.size);
    issue.line = piece.line + newlines(block.text.view(piece.begin, offset));
    issue.path = std::move(open.path);
    issue.message = std::move(open.message);
    rejected.issues.push_back(std::move(issue));
  }
  findings_.document.clear();
  ++tally_.rejected;
  sink.rejected(std::move(rejected));
}

/// May a reference to this type become an edge? If not, the warning says whose doing that is.
template <bool Validate>
bool Worker<Validate>::is_linked(std::string_view type, const fhir::Element& element) {
  const Target* target = simplifier_.plan()->target(type);
  if (target != nullptr && target->linked) return true;
  if (target == nullptr) {
    simplifier_.walker().warn(IssueKind::no_link, element, type, [&] {
      return fmt::format("a reference to {}, which the dictionary does not link to from here", type);
    });
  } else {
    simplifier_.walker().warn(IssueKind::limited_link, element, type, [&] {
      return fmt::format("a reference to {}, which `limit_links` of the simplify configuration leaves out", type);
    });
  }
  return false;
}

template <bool Validate>
void Worker<Validate>::relative_reference(std::string_view text, const fhir::RelativeReference& parts,
                                          const fhir::Element& element) {
  if (simplifier_.plan() == nullptr || !is_linked(parts.type, element)) return;
  if (!index_ || options_.references != References::all) return;
  if (options_.facts != nullptr && options_.facts->leaves_out()) {
    pending_.push_back({std::string(text), element.ordinal});
  } else {
    index_->refer(text, element.ordinal, simplifier_.walker().where());
  }
}

template <bool Validate>
void Worker<Validate>::absolute_reference(const fhir::ResourceReference& reference, const fhir::Element& element) {
  if (simplifier_.plan() == nullptr) return;
  // Whatever its type, an address outside is told as such.
  const std::uint64_t address = fhir::address_hash(reference.address);
  if (options_.facts != nullptr) {
    if (options_.facts->is_outside(address)) {
      simplifier_.walker().count_unlinkable(reference.form);
      return;
    }
  } else if (index_) {
    scratch_.assign(reference.type).append(1, '/');
    scratch_.append(options_.references == References::relations && options_.ids != nullptr
                        ? (*options_.ids)(reference.id)
                        : std::string(reference.id));
    index_->refer_by_url(scratch_, address);
  } else {
    ++tally_.unchecked_urls;
  }
  static_cast<void>(is_linked(reference.type, element));
}

/// An extension that the record has no place for, unless the configuration plucks it.
template <bool Validate>
void Worker<Validate>::passed_extension(std::span<const fhir::PathStep> path) {
  if (simplifier_.plan() == nullptr || is_plucked(path) || is_of_file(path)) return;
  XXH64_hash_t hash = 0;
  for (const fhir::PathStep& step : path) {
    const fhir::Element* const element = step.element;
    hash = XXH3_64bits_withSeed(&element, sizeof element, hash);
  }
  fhir::Warnings::Count*& count = passed_extensions_[hash];
  if (count == nullptr) {
    std::string place(path.front().type->name);
    for (const fhir::PathStep& step : path) {
      // A primitive's extension stands in its companion, `_birthDate`.
      const bool primitive = step.element->shape == fhir::Shape::primitive;
      place.append(primitive ? "._" : ".").append(step.element->name);
    }
    count = &findings_.warnings.of(IssueKind::left_out_extension, place,
                                   path.back().element->name == "modifierExtension"
                                       ? "a modifier extension, which the record has no place for"
                                       : "an extension of a nested element or primitive, which the record has no place "
                                         "for",
                                   simplifier_.walker().where());
  }
  count->add(simplifier_.walker().where());
}

template <bool Validate>
bool Worker<Validate>::is_plucked(std::span<const fhir::PathStep> path) {
  const PathExtraction* step = simplifier_.plan()->elements[path.front().element->index].pluck.get();
  for (const fhir::PathStep& next : path.subspan(1)) {
    if (step == nullptr) return false;
    const auto found = std::ranges::find(step->steps, next.element, &PathExtraction::element);
    step = found == step->steps.end() ? nullptr : &*found;
  }
  if (step == nullptr || step->extensions.empty()) return false;
  const std::string url(simplifier_.walker().plain(extension_url(simplifier_.walker())));
  return std::ranges::any_of(step->extensions, [&](const PathExtraction::Named& wanted) {
    return url.find(wanted.name) != std::string::npos;
  });
}

/// Is it one of the extensions of an Attachment that tell of its file? They are read when files are loaded.
template <bool Validate>
bool Worker<Validate>::is_of_file(std::span<const fhir::PathStep> path) {
  if (path.back().type->name != "Attachment") return false;
  const std::string_view url = simplifier_.walker().plain(extension_url(simplifier_.walker()));
  return url == "http://aced-idp.org/fhir/StructureDefinition/source_path" ||
         url == "http://aced-idp.org/fhir/StructureDefinition/md5";
}

}  // namespace

std::unique_ptr<BlockWorker> make_worker(const WorkerOptions& options, const std::vector<fhir::StudyFile>& files,
                                         fhir::IdIndex* index) {
  if (options.validate) return std::make_unique<Worker<true>>(options, files, index);
  return std::make_unique<Worker<false>>(options, files, index);
}

}  // namespace etl::simplify
