#include "simplify/simplify_study.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "simplify/check_study.hpp"
#include "simplify/record_output.hpp"
#include "simplify/reject_file.hpp"

namespace etl::simplify {
namespace {

namespace fs = std::filesystem;

/// The repeated ids, as the records have them.
std::vector<fhir::IdIndex::Duplicate> record_duplicates(const StudyOptions& options, const StudyResult& result) {
  auto duplicates = result.duplicates;
  if (!options.ids) return duplicates;
  for (auto& duplicate : duplicates) {
    const std::size_t id = duplicate.id.find('/') + 1;
    duplicate.id.replace(id, std::string::npos, (*options.ids)(duplicate.id.substr(id)));
  }
  return duplicates;
}

}  // namespace

void refuse_own_input(const std::string& path, const std::string& out) {
  if (path == "-" || out == "-") return;
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error);
  if (!is_folder && fs::path(path).extension() != ".ndjson") return;
  const fs::path folder = is_folder ? fs::path(path) : fs::absolute(path, error).parent_path();
  if (fs::equivalent(folder, out, error)) {
    throw UsageError("the output folder is the folder of the study", out,
                     "name another folder; one below the study's folder is not read as part of the study");
  }
}

SimplifyReport simplify_study(const SimplifyRequest& request, IssueReport& report,
                              const std::function<void(std::uint64_t)>& on_bytes) {
  const bool to_stdout = request.out == "-";
  StudyOptions options = request.study;
  if (!to_stdout) options.selection.skip_folder = request.out;
  options.document_keys = request.dialect != Dialect::fhir;

  std::optional<RejectFile> rejects;
  if (!request.reject_file.empty()) rejects.emplace(request.reject_file);
  RecordOutput output(request.out, request.dialect, rejects ? &*rejects : nullptr, on_bytes);
  const StudyResult result = read_study(options, output, report);
  require_resources(result, report, options.path);

  const bool takes_out = !result.duplicates.empty() && rejects && !to_stdout;
  if (takes_out) output.take_out(record_duplicates(options, result), result.files);
  const std::uint64_t taken_out = takes_out ? result.duplicates.size() : 0;

  const bool all_set_aside = rejects && (!to_stdout || result.duplicates.empty());
  if (report.errors() > 0 && !all_set_aside) {
    throw InputError(
        fmt::format("the study is not valid: {}", in_words(report)), options.path,
        to_stdout
            ? "correct the study; the records written so far are those of the valid resources"
            : "correct the study, or set the faulty resources aside with --reject-file FILE; nothing was written");
  }
  output.commit();
  if (rejects) rejects->commit();
  return {.resources = result.tally.resources,
          .records = result.tally.records - taken_out,
          .set_aside = rejects ? result.tally.rejected + taken_out : 0,
          .left_out = result.left_out()};
}

}  // namespace etl::simplify
