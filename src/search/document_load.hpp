#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flat/documents.hpp"
#include "search/load.hpp"

namespace etl::search {

/// The types of a layout as a load needs them, without fields: those of `types`, or all.
[[nodiscard]] std::vector<DocumentType> document_types(flat::Layout layout, const std::vector<std::string>& types,
                                                       const std::string& prefix);

/// The mapping's fields for columns. Texts of more than 8,191 characters are kept but not indexed: Lucene takes no
/// term of more than 32,766 bytes, and a character has four at most.
[[nodiscard]] nlohmann::json properties_of_columns(const std::vector<flat::Column>& columns);

/// Takes the documents that src/flat makes of a study and loads them.
class DocumentLoad final : public flat::DocumentSink {
 public:
  /// `request.types` as document_types() gives them. Locks the project.
  DocumentLoad(Server& server, LoadRequest request);

  /// Known from the source alone, before any document is made.
  [[nodiscard]] bool is_unchanged() { return load_->is_unchanged(); }
  [[nodiscard]] bool begin(std::span<const flat::DocumentSet> sets, std::string_view digest) override;
  void take(std::size_t set, std::span<const flat::Document> documents) override;
  /// When make_documents() has returned.
  [[nodiscard]] LoadReport finish() { return load_->finish(); }
  [[nodiscard]] const std::vector<flat::DocumentSet>& sets() const { return sets_; }

 private:
  std::vector<DocumentType> types_;
  bool dry_run_;
  std::unique_ptr<Load> load_;
  std::vector<flat::DocumentSet> sets_;
};

}  // namespace etl::search
