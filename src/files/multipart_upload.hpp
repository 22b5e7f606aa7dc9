#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "files/document.hpp"
#include "files/journal.hpp"
#include "files/memory_budget.hpp"
#include "files/services.hpp"
#include "files/upload_options.hpp"

namespace etl::files {

/// fence does not let this user upload in parts: that needs `file_upload` on /data_file.
class NoMultipartError : public NotAllowedError {
 public:
  using NotAllowedError::NotAllowedError;
};

/// Sends one large file in parts. The file is read once, in order; parts wait in buffers of the budget and go out
/// several at a time, each repeated alone. Parts too large for a buffer are read twice, one after the other.
class MultipartUpload {
 public:
  MultipartUpload(const Services& services, Journal& journal, MemoryBudget& budget, const UploadOptions& options)
      : services_(services), journal_(journal), budget_(budget), options_(options) {}

  /// Goes on with the upload that the journal knows, if the file is the same: parts that are in S3 are read for the
  /// md5s, not sent. Returns when the object is there and has been looked at. InputError for a file with another md5
  /// (the upload is then never completed), NoMultipartError before anything was done.
  void run(const Document& document);

 private:
  class OneUpload;

  [[nodiscard]] Journal::Upload resume_or_start(const Document& document, bool& resumed);
  void once(const Document& document);
  void complete(const Document& document, const Journal::Upload& upload, bool resumed,
                const std::vector<Journal::Part>& parts);
  [[nodiscard]] bool is_there(const Document& document, const std::string& etag);

  const Services& services_;
  Journal& journal_;
  MemoryBudget& budget_;
  const UploadOptions& options_;
};

}  // namespace etl::files
