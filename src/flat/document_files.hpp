#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "flat/documents.hpp"
#include "simplify/staged_folder.hpp"

namespace etl::flat {

/// Writes documents as NDJSON, `{type}.ndjson` for each type in a folder, in the order of the study. The files appear
/// at commit(), all at once where StagedFolder can do that, else one after the other. A type without documents gets an
/// empty file.
class DocumentFiles final : public DocumentSink {
 public:
  /// The folder is created where it is missing; UsageError when that fails.
  explicit DocumentFiles(std::filesystem::path folder);

  [[nodiscard]] bool begin(std::span<const DocumentSet> sets, std::string_view digest) override;
  void take(std::size_t set, std::span<const Document> documents) override;
  [[nodiscard]] bool ordered() const override { return true; }
  void commit();

 private:
  std::filesystem::path folder_;
  std::optional<simplify::StagedFolder> staged_;  ///< before files_, which are in it
  std::vector<AtomicFile> files_;
  std::vector<std::string> names_;
  Buffer text_;
};

}  // namespace etl::flat
