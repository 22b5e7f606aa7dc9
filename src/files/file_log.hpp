#pragma once

#include "files/loader.hpp"
#include "files/study_documents.hpp"

namespace etl::files {

/// What became of a file, as a line on stderr: always when it failed, of others in JSON and in a dry run; else only
/// with -v, since people watch the progress.
void log_result(const FileResult& result, bool dry_run);

/// One line for a document that cannot be loaded.
void log_document_issue(const DocumentIssue& problem);

}  // namespace etl::files
