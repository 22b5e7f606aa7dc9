#include "files/document.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/identifier.hpp"
#include "documents/names.hpp"

namespace etl::files {
namespace {

constexpr std::size_t longest_key = 1024;  // S3's limit, in bytes

/// A FHIR id of more than dots: it becomes a part of paths and of keys.
bool is_id(const std::string& text) { return is_fhir_id(text) && text.find_first_not_of('.') != std::string::npos; }

}  // namespace

UniqueFd Document::open() const {
  if (locator == nullptr) throw InternalError("a file is read that was not looked for", place);
  return locator->open(location);
}

std::string Document::path() const { return locator == nullptr ? name : locator->path_of(location); }

Document described_by(const documents::Reference& reference, const simplify::IdTransform* ids) {
  Document document;
  document.did = reference.id;
  if (document.did.empty()) throw InputError("the DocumentReference has no id");
  if (!is_id(document.did)) throw InputError("the DocumentReference's id is not a FHIR id");
  if (ids != nullptr) document.did = (*ids)(reference.id);
  if (reference.url.empty()) throw InputError("the attachment has no url");
  document.name = documents::name_of(reference.url);
  if (const auto why = documents::refusal_of_name(document.name); !why.empty()) {
    throw InputError(fmt::format("{}: {}", why, document.name));
  }
  if (document.key().size() > longest_key) {
    throw InputError(
        fmt::format("the key of the object would have {} bytes; S3 allows {}", document.key().size(), longest_key));
  }
  document.md5 = ascii_lower(reference.md5);
  if (document.md5.empty()) throw InputError("the attachment has no md5");
  if (!is_md5_hex(document.md5)) {
    throw InputError(fmt::format("the md5 is not 32 hexadecimal digits: {}", reference.md5));
  }
  if (!reference.size) throw InputError("the attachment has no size");
  document.size = *reference.size;
  return document;
}

void find_file(const documents::Locator& locator, const documents::Reference& reference, Document& document) {
  document.location = locator.locate(reference);
  document.locator = &locator;
  if (document.location.size != document.size) throw_wrong_size(document);
}

void throw_wrong_size(const Document& document) {
  throw InputError(fmt::format("the size of the file differs from the metadata ({} bytes)", document.size));
}

void throw_wrong_md5(const Document& document) {
  throw InputError(fmt::format("the md5 of the file differs from the metadata ({})", document.md5));
}

}  // namespace etl::files
