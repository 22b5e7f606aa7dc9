#include "studies/study_scan.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/error.hpp"
#include "base/log.hpp"
#include "fhir/block_reader.hpp"
#include "fhir/cursor.hpp"
#include "fhir/structurals.hpp"

namespace etl::studies {
namespace {

using fhir::Cursor;

constexpr std::string_view kSourcePath = "http://aced-idp.org/fhir/StructureDefinition/source_path";

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

void read_extension(Cursor& at, Document& document) {
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
  if (url == kSourcePath) document.source_path = value;
}

void read_attachment(Cursor& at, Document& document) {
  each_member(at, [&](std::string_view name) {
    if (name == "url") {
      document.url = text_of(at);
    } else if (name == "size") {
      // R5 writes it as a string where it is an integer64.
      const auto digits = at.peek() == '"' ? at.string() : at.scalar();
      std::uint64_t size = 0;
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), size);
      if (read.ec == std::errc{}) document.size = size;
    } else if (name == "extension") {
      each_element(at, [&] { read_extension(at, document); });
    } else {
      at.skip();
    }
  });
}

/// `at` stands at the resource's first content.
Document read_contents(Cursor at) {
  Document document;
  bool first = true;
  each_element(at, [&] {
    if (!std::exchange(first, false)) {
      at.skip();
      return;
    }
    each_member(at, [&](std::string_view name) {
      if (name == "attachment") {
        read_attachment(at, document);
      } else {
        at.skip();
      }
    });
  });
  return document;
}

class Scanner {
 public:
  explicit Scanner(const std::function<void(const Document&)>& on_document) : on_document_(on_document) {}

  void block(const fhir::Block& block) {
    const bool whole = structurals_.index(block.text.view()).empty();
    const std::uint32_t* at = whole ? structurals_.begin() : nullptr;
    const std::uint32_t* const last = whole ? at + structurals_.size() : nullptr;
    for (const auto& piece : block.pieces) {
      if (!whole) {
        alone(block.piece(piece), piece.shell);
        continue;
      }
      const auto begin = static_cast<std::uint32_t>(piece.begin);
      at = std::lower_bound(at, last, begin);
      if (at == last || *at >= begin + piece.size) {
        found.unreadable += piece.shell ? 0 : 1;
      } else if (!piece.shell) {
        resource(block.text.data(), at, block.piece(piece));
      }
    }
  }

  StudyScan found;

 private:
  /// Where something is wrong with the bytes of a block, each piece is looked at by itself.
  void alone(std::string_view text, bool shell) {
    if (shell) return;
    Buffer copy;
    copy.append(text);
    copy.pad();
    if (structurals_.index(copy.view()).empty() && structurals_.size() > 0) {
      resource(copy.data(), structurals_.begin(), copy.view());
    } else {
      ++found.unreadable;
    }
  }

  void resource(const char* base, const std::uint32_t* position, std::string_view text) {
    const bool escapes = std::memchr(text.data(), '\\', text.size()) != nullptr;
    Cursor at(base, position, escapes);
    std::string type;
    std::optional<Cursor> content;
    try {
      each_member(at, [&](std::string_view name) {
        if (name == "resourceType") {
          type = text_of(at);
        } else if (name == "content") {
          content = at;
          at.skip();
        } else {
          at.skip();
        }
      });
      if (type == "DocumentReference") on_document_(content ? read_contents(*content) : Document{});
    } catch (const fhir::SyntaxFault&) {
      type.clear();
    }
    if (type.empty()) {
      ++found.unreadable;
    } else {
      ++found.types[type];
    }
  }

  const std::function<void(const Document&)>& on_document_;
  fhir::Structurals structurals_;
};

}  // namespace

StudyScan scan_study(const std::filesystem::path& study, const std::function<void(const Document&)>& on_document) {
  std::vector<fhir::StudyFile> files;
  try {
    files = fhir::study_files(study.string(), {});
  } catch (const InputError&) {
    if (!std::filesystem::is_directory(study)) throw;
    return {};  // a folder without metadata is no error of an overview
  }
  Scanner scanner(on_document);
  fhir::BlockReader reader(files, {}, [&](const fhir::Fault& fault) {
    log::warn("{}", fault.text());
    ++scanner.found.unreadable;
  });
  fhir::Block block;
  while (reader.next(block)) scanner.block(block);
  return std::move(scanner.found);
}

}  // namespace etl::studies
