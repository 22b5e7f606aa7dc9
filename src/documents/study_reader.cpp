#include "documents/study_reader.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "fhir/block_reader.hpp"
#include "fhir/cursor.hpp"
#include "fhir/deletions.hpp"
#include "fhir/id_index.hpp"
#include "fhir/inner_block.hpp"
#include "fhir/structurals.hpp"
#include "simplify/facts_scan.hpp"
#include "simplify/resource_version.hpp"
#include "simplify/study_facts.hpp"

namespace etl::documents {
namespace {

using fhir::Cursor;

constexpr std::string_view kSourcePath = "http://aced-idp.org/fhir/StructureDefinition/source_path";
constexpr std::string_view kMd5 = "http://aced-idp.org/fhir/StructureDefinition/md5";

std::string text_of(Cursor& at) {
  if (at.peek() != '"') {
    at.skip();
    return {};
  }
  std::string text;
  fhir::unescape(at.string(), text);
  return text;
}

/// Calls `member` with each name; it must pass over the value.
template <typename Member>
void each_member(Cursor& at, Member&& member) {
  if (at.peek() != '{') {
    at.skip();
    return;
  }
  at.expect('{', "an object");
  if (at.empty('}')) return;
  do {
    member(at.key());
  } while (at.more('}'));
}

template <typename Element>
void each_element(Cursor& at, Element&& element) {
  if (at.peek() != '[') {
    at.skip();
    return;
  }
  at.expect('[', "an array");
  if (at.empty(']')) return;
  do {
    element();
  } while (at.more(']'));
}

void read_extension(Cursor& at, Reference& reference) {
  std::string url;
  std::string value;
  each_member(at, [&](std::string_view name) {
    if (name == "url") {
      url = text_of(at);
    } else if (name == "valueUrl" || name == "valueUri" || name == "valueString") {
      value = text_of(at);
    } else {
      at.skip();
    }
  });
  if (url == kSourcePath) reference.source_path = std::move(value);
  if (url == kMd5) reference.md5 = std::move(value);
}

std::optional<std::uint64_t> read_size(Cursor& at) {
  const char first = at.peek();
  if (first == '{' || first == '[') {
    at.skip();
    return std::nullopt;
  }
  const auto digits = first == '"' ? at.string() : at.scalar();
  std::uint64_t size = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (digits.empty() || read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return size;
}

void read_attachment(Cursor& at, Reference& reference) {
  each_member(at, [&](std::string_view name) {
    if (name == "url") {
      reference.url = text_of(at);
    } else if (name == "size") {
      reference.size = read_size(at);
    } else if (name == "data") {
      reference.has_data = true;
      at.skip();
    } else if (name == "extension") {
      each_element(at, [&] { read_extension(at, reference); });
    } else {
      at.skip();
    }
  });
}

/// `at` is at the resource's contents.
void read_contents(Cursor at, Reference& reference) {
  each_element(at, [&] {
    if (++reference.contents > 1) {
      at.skip();
      return;
    }
    each_member(at, [&](std::string_view name) {
      if (name == "attachment") {
        read_attachment(at, reference);
      } else {
        at.skip();
      }
    });
  });
}

/// What the Bundles of a study delete.
class Deletions final : public fhir::DeletionSink {
 public:
  explicit Deletions(const StudyReading& reading) : reading_(reading) {}

  void deleted(std::string_view target) override {
    keys_.push_back(fhir::IdIndex::key_of(target));
    constexpr std::string_view type = "DocumentReference/";
    if (target.starts_with(type) && reading_.on_deletion) {
      reading_.on_deletion(std::string(target.substr(type.size())));
    }
  }
  void not_carried_out(fhir::Location) override {}  // `validate` and the load of the graph warn of it

  /// Sorted, each once.
  [[nodiscard]] std::vector<fhir::IdIndex::Key> take() {
    std::ranges::sort(keys_);
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
    return std::move(keys_);
  }

 private:
  const StudyReading& reading_;
  std::vector<fhir::IdIndex::Key> keys_;
};

/// One reading of the files, from the first to the last.
class Pass {
 public:
  struct Wants {
    bool tells = true;                            ///< references and issues are passed on
    const simplify::StudyFacts* facts = nullptr;  ///< what an earlier pass found: deleted and superseded resources
    fhir::IdIndex* index = nullptr;               ///< told of every resource
    Deletions* deletions = nullptr;               ///< told of every deletion
  };

  Pass(const std::vector<fhir::StudyFile>& files, const StudyReading& reading, const Wants& wants)
      : files_(files), reading_(reading), wants_(wants) {
    if (wants.index != nullptr) writer_.emplace(*wants.index);
  }

  StudyContents run() {
    std::vector<fhir::Issue> issues;
    fhir::BlockReader blocks(
        files_, reading_.limits, [&](const fhir::Issue& issue) { issues.push_back(issue); }, reading_.stop,
        wants_.deletions);
    const auto report = [&] {
      for (const fhir::Issue& issue : std::exchange(issues, {})) {
        ++found_.unreadable;
        show_issues(issue.message, fmt::format("{}:{}", issue.file, issue.line));
      }
    };
    fhir::Block block;
    while (blocks.next(block)) {
      if (reading_.stop.stop_requested()) throw StoppedError();
      process(block);
      report();
    }
    report();
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string place(const fhir::Block& block, const fhir::Block::Piece& piece) const {
    return fmt::format("{}:{}", files_[block.file].name, piece.line);
  }

  void show_issues(const std::string& what, const std::string& where) const {
    if (wants_.tells && reading_.on_issue) reading_.on_issue(what, where);
  }

  void broken(const std::string& what, const fhir::Block& block, const fhir::Block::Piece& piece) {
    ++found_.unreadable;
    show_issues(what, place(block, piece));
  }

  void process(const fhir::Block& block) {
    fhir::Structurals structurals;
    const bool whole = structurals.index(block.text.view()).empty();
    const std::uint32_t* at = whole ? structurals.begin() : nullptr;
    const std::uint32_t* const last = whole ? at + structurals.size() : nullptr;
    for (const auto& piece : block.pieces) {
      if (piece.shell || piece.outcome) continue;
      if (!whole) {
        alone(block, piece);
        continue;
      }
      const auto begin = static_cast<std::uint32_t>(piece.begin);
      at = std::lower_bound(at, last, begin);
      if (at == last || *at >= begin + piece.size) {
        broken("no JSON", block, piece);
      } else {
        resource(block.text.data(), at, block.piece(piece), block, piece);
      }
    }
  }

  /// Where something is wrong with the bytes of a block, each piece is looked at by itself.
  void alone(const fhir::Block& block, const fhir::Block::Piece& piece) {
    Buffer copy;
    copy.append(block.piece(piece));
    copy.pad();
    fhir::Structurals structurals;
    if (structurals.index(copy.view()).empty() && structurals.size() > 0) {
      resource(copy.data(), structurals.begin(), copy.view(), block, piece);
    } else {
      broken("not JSON in UTF-8", block, piece);
    }
  }

  void resource(const char* base, const std::uint32_t* position, std::string_view text, const fhir::Block& block,
                const fhir::Block::Piece& piece) {
    const bool escapes = std::memchr(text.data(), '\\', text.size()) != nullptr;
    Cursor at(base, position, escapes);
    std::string type;
    Reference reference;
    try {
      std::optional<Cursor> content;
      each_member(at, [&](std::string_view name) {
        if (name == "resourceType") {
          type = text_of(at);
        } else if (name == "id") {
          reference.id = text_of(at);
        } else if (name == "content") {
          content = at;
          at.skip();
        } else {
          at.skip();
        }
      });
      // The cursor knows the block alone: a resource must end where its line or document ends, not before or behind.
      const char* const end = text.data() + text.size();
      if (base + at.offset() < end || base + at.position()[-1] >= end) at.fail("one JSON object");
      if (content && type == "DocumentReference") read_contents(*content, reference);
    } catch (const fhir::SyntaxError& issue) {
      return broken(fmt::format("not JSON: {} was expected", issue.expected), block, piece);
    }
    const bool has_own_id = !reference.id.empty();
    if (!has_own_id) reference.id = block.given_id(piece);  // its Bundle may give it one
    if (type.empty()) {
      ++found_.unreadable;
      return;
    }
    if ((type == "Bundle" || type == "List") && container(type, block, piece)) return;
    if (leave_out(type, reference.id, text, {block.file, piece.line})) return;
    ++found_.types[type];
    if (wants_.tells && reading_.on_resource) {
      reading_.on_resource({type, reference.id, has_own_id, text, {block.file, piece.line}});
    }
    if (type == "DocumentReference" && wants_.tells && reading_.on_reference) {
      reading_.on_reference(reference, place(block, piece));
    }
  }

  /// A Bundle or List on one line: its entries' resources. False for a List without any, which is a resource itself.
  bool container(const std::string& type, const fhir::Block& block, const fhir::Block::Piece& piece) {
    if (nested_ == fhir::most_nested_bundles) {
      broken(fmt::format("a Bundle within {} others", nested_), block, piece);
      return true;
    }
    const fhir::Block inner = fhir::inner_block(block, piece, wants_.deletions);
    const bool has_resources = std::ranges::any_of(inner.pieces, &fhir::Block::Piece::shell);
    if (has_resources) {
      ++nested_;
      process(inner);
      --nested_;
    }
    return has_resources || type == "Bundle";
  }

  /// Is it a resource that the study deletes or has a newer version of? Tells the index of it otherwise.
  bool leave_out(const std::string& type, const std::string& id, std::string_view text, fhir::Location where) {
    const bool looks_up = wants_.facts != nullptr && wants_.facts->leaves_out();
    if (id.empty() || (!looks_up && !writer_)) return false;
    const std::uint64_t content = XXH3_64bits(text.data(), text.size());
    const bool is_reference = type == "DocumentReference";
    if (looks_up) {
      const auto key = fhir::IdIndex::key_of(type + "/" + id);
      if (wants_.facts->is_deleted(key)) {
        ++found_.deleted;
        if (is_reference) ++found_.deleted_references;
        return true;
      }
      if (wants_.facts->is_superseded(key, content)) {
        ++found_.superseded;
        if (is_reference) ++found_.superseded_references;
        return true;
      }
    }
    if (writer_) {
      fhir::IdIndex::Version version;
      try {
        if (reading_.latest) version = simplify::resource_version(text);
      } catch (const fhir::SyntaxError&) {  // `meta` is not what FHIR says: the resource has no version
      }
      writer_->define(type, id, content, where, reading_.latest ? &version : nullptr);
    }
    return false;
  }

  const std::vector<fhir::StudyFile>& files_;
  const StudyReading& reading_;
  const Wants wants_;
  std::optional<fhir::IdIndex::Writer> writer_;
  int nested_ = 0;  ///< Bundles that the one at hand is in
  StudyContents found_;
};

/// What only the whole study tells of its resources. `deletions` are all of it, `index` knows all resources or is null.
simplify::StudyFacts facts_of(std::vector<fhir::IdIndex::Key> deletions, fhir::IdIndex* index, bool& deletes) {
  simplify::StudyFacts facts;
  facts.deleted = std::move(deletions);
  deletes = !facts.deleted.empty();
  if (index == nullptr) return facts;
  {
    fhir::IdIndex::Writer writer(*index);
    for (const fhir::IdIndex::Key& key : facts.deleted) writer.remove(key);
  }
  deletes = false;
  if (!index->needs_survey()) return facts;
  fhir::IdIndex::Survey survey = index->survey();
  deletes = survey.deletes;
  facts.newest = std::move(survey.newest);
  return facts;
}

constexpr std::size_t kIndexMemory = std::size_t{32} << 20U;

}  // namespace

StudyContents read_study(const std::vector<fhir::StudyFile>& files, const StudyReading& reading) {
  const auto temp_dir = reading.temp_dir.empty() ? std::filesystem::temp_directory_path() : reading.temp_dir;
  bool deletes = false;
  if (simplify::are_repeatable(files)) {
    simplify::StudyFacts facts;
    if (reading.latest || simplify::may_delete(files)) {
      std::optional<fhir::IdIndex> index;
      if (reading.latest) index.emplace(kIndexMemory, 1, temp_dir);
      Deletions deletions(reading);
      static_cast<void>(
          Pass(files, reading, {.tells = false, .index = index ? &*index : nullptr, .deletions = &deletions}).run());
      facts = facts_of(deletions.take(), index ? &*index : nullptr, deletes);
    }
    return Pass(files, reading, {.facts = &facts}).run();
  }
  fhir::IdIndex index(kIndexMemory, 1, temp_dir);
  Deletions deletions(reading);
  StudyContents contents = Pass(files, reading, {.index = &index, .deletions = &deletions}).run();
  const simplify::StudyFacts facts = facts_of(deletions.take(), &index, deletes);
  if (deletes || !facts.newest.empty()) {
    throw InputError(deletes ? "the study deletes some of its own resources, so it must be read twice"
                             : "the study has several versions of some resources, so it must be read twice",
                     files.front().name, "write the study to a file and name that: a pipe can be read only once");
  }
  return contents;
}

}  // namespace etl::documents
