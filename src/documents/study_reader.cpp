#include "documents/study_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "fhir/block_reader.hpp"
#include "fhir/cursor.hpp"
#include "fhir/structurals.hpp"

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

class Reader {
 public:
  Reader(const std::vector<fhir::StudyFile>& files, const StudyReading& reading) : files_(files), reading_(reading) {}

  void block(const fhir::Block& block) {
    const bool whole = structurals_.index(block.text.view()).empty();
    const std::uint32_t* at = whole ? structurals_.begin() : nullptr;
    const std::uint32_t* const last = whole ? at + structurals_.size() : nullptr;
    for (const auto& piece : block.pieces) {
      if (piece.shell) continue;
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

  StudyContents found;

 private:
  [[nodiscard]] std::string place(const fhir::Block& block, const fhir::Block::Piece& piece) const {
    return fmt::format("{}:{}", files_[block.file].name, piece.line);
  }

  void broken(const std::string& what, const fhir::Block& block, const fhir::Block::Piece& piece) {
    ++found.unreadable;
    if (reading_.on_fault) reading_.on_fault(what, place(block, piece));
  }

  /// Where something is wrong with the bytes of a block, each piece is looked at by itself.
  void alone(const fhir::Block& block, const fhir::Block::Piece& piece) {
    Buffer copy;
    copy.append(block.piece(piece));
    copy.pad();
    if (structurals_.index(copy.view()).empty() && structurals_.size() > 0) {
      resource(copy.data(), structurals_.begin(), copy.view(), block, piece);
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
    } catch (const fhir::SyntaxFault& fault) {
      return broken(fmt::format("not JSON: {} was expected", fault.expected), block, piece);
    }
    if (reference.id.empty()) reference.id = block.given_id(piece);  // its Bundle may give it one
    if (type.empty()) {
      ++found.unreadable;
      return;
    }
    ++found.types[type];
    if (type == "DocumentReference" && reading_.on_reference) reading_.on_reference(reference, place(block, piece));
  }

  const std::vector<fhir::StudyFile>& files_;
  const StudyReading& reading_;
  fhir::Structurals structurals_;
};

}  // namespace

StudyContents read_study(const std::vector<fhir::StudyFile>& files, const StudyReading& reading) {
  Reader reader(files, reading);
  std::vector<fhir::Fault> faults;
  fhir::BlockReader blocks(files, {}, [&](const fhir::Fault& fault) { faults.push_back(fault); });
  const auto report = [&] {
    for (const fhir::Fault& fault : std::exchange(faults, {})) {
      ++reader.found.unreadable;
      if (reading.on_fault) reading.on_fault(fault.message, fmt::format("{}:{}", fault.file, fault.line));
    }
  };
  fhir::Block block;
  while (blocks.next(block)) {
    if (reading.stop.stop_requested()) throw StoppedError();
    reader.block(block);
    report();
  }
  report();
  return std::move(reader.found);
}

}  // namespace etl::documents
