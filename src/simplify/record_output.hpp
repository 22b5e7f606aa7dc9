#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "base/file.hpp"
#include "simplify/pipeline.hpp"
#include "simplify/reject_file.hpp"
#include "simplify/staged_files.hpp"

namespace etl::simplify {

/// The lines that one block gives.
class RecordLines;

extern template class ConsumerOf<RecordLines>;

/// Writes records as NDJSON: one file per type in a folder, or, for a path `-`, to stdout as they come. The files
/// appear in the folder at commit(), as StagedFiles says.
class RecordOutput final : public ConsumerOf<RecordLines> {
 public:
  /// `rejects` may be null; else it gets every resource and file that is not usable.
  RecordOutput(std::string path, Dialect dialect, RejectFile* rejects, std::function<void(std::uint64_t)> progress);
  ~RecordOutput() override;

  bool restart() override;
  void rejected(const Rejected& rejected) override;
  void file_issue(const fhir::Issue& issue) override;
  void advanced(std::uint64_t bytes) override { progress_(bytes); }

  /// Take out the records of `duplicates` (each repeats an earlier id with another content) and give them to the
  /// rejects. Their ids are those of the records. Folders only.
  void take_out(const std::vector<fhir::IdIndex::Duplicate>& duplicates, const std::vector<std::string>& files);

  /// Puts every file in its place.
  void commit();
  [[nodiscard]] const std::map<std::string, std::uint64_t>& records() const noexcept { return counts_; }

 protected:
  std::unique_ptr<RecordLines> make_part() override;
  void take_part(RecordLines& lines) override;

 private:
  using Places = std::map<std::string, std::vector<fhir::Location>>;  ///< id -> where it is repeated

  void take_out_of(const std::string& type, const Places& places, const std::vector<std::string>& files);

  std::string path_;
  Dialect dialect_;
  RejectFile* rejects_;
  std::function<void(std::uint64_t)> progress_;
  std::optional<StagedFiles> files_;  ///< none when the records go to stdout
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace etl::simplify
