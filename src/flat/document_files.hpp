#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "flat/documents.hpp"
#include "simplify/staged_files.hpp"

namespace etl::flat {

/// Writes documents as NDJSON, `{type}.ndjson` for each type in a folder, in the order of the study. The files appear
/// together at commit(). A type without documents gets an empty file.
class DocumentFiles final : public DocumentSink {
 public:
  /// As StagedFiles.
  explicit DocumentFiles(std::filesystem::path folder) : files_(std::move(folder)) {}

  [[nodiscard]] bool begin(std::span<const DocumentSet> sets, std::string_view digest) override;
  void take(std::size_t set, std::span<const Document> documents) override;
  [[nodiscard]] bool ordered() const override { return true; }
  void commit() { files_.commit(); }

 private:
  simplify::StagedFiles files_;
  std::vector<std::string> names_;
  Buffer text_;
};

}  // namespace etl::flat
