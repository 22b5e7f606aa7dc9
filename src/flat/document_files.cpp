#include "flat/document_files.hpp"

namespace etl::flat {

bool DocumentFiles::begin(std::span<const DocumentSet> sets, std::string_view /*digest*/) {
  for (const DocumentSet& set : sets) {
    names_.push_back(set.type + ".ndjson");
    static_cast<void>(files_.file(names_.back()));
  }
  return true;
}

void DocumentFiles::take(std::size_t set, std::span<const Document> documents) {
  text_.clear();
  for (const Document& document : documents) {
    text_.append(document.json);
    text_.append('\n');
  }
  files_.file(names_[set]).write(text_.view());
}

}  // namespace etl::flat
