#include "files/file_log.hpp"

#include <fmt/format.h>

#include "base/log.hpp"

namespace etl::files {

void log_result(const FileResult& result, bool dry_run) {
  const Document& document = result.document;
  const bool bad = result.outcome == Outcome::failed || result.outcome == Outcome::unfinished;
  if (bad) {
    log::write(result.outcome == Outcome::failed ? log::Level::error : log::Level::warn,
               fmt::format("{}: {}", document.name, to_string(result.outcome)),
               {{"reason", result.reason}, {"at", document.place}, {"did", document.did}});
  } else if (log::is_json() || dry_run) {
    // For people a dry run is the list of what would be done; a real one shows its progress. Files that stay as they
    // are get no line: there may be thousands, and they are counted.
    const bool unchanged = result.outcome == Outcome::unchanged || result.outcome == Outcome::adopted;
    const std::string outcome =
        fmt::format("{}{}", dry_run && !unchanged ? "would be " : "", to_string(result.outcome));
    log::write(unchanged ? log::Level::debug : log::Level::info, fmt::format("{}: {}", document.name, outcome),
               {{"did", document.did}, {"outcome", outcome}, {"bytes", document.size}});
  } else {
    log::debug("{}: {}", document.name, to_string(result.outcome));
  }
}

void log_document_issue(const DocumentIssue& problem) {
  log::write(log::Level::error, fmt::format("{}: failed", problem.name.empty() ? problem.place : problem.name),
             {{"reason", problem.reason}, {"at", problem.place}, {"did", problem.did}});
}

}  // namespace etl::files
