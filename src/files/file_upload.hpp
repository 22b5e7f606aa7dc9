#pragma once

#include <atomic>
#include <string>

#include "files/document.hpp"
#include "files/journal.hpp"
#include "files/memory_budget.hpp"
#include "files/services.hpp"
#include "files/upload_options.hpp"
#include "gen3/indexd.hpp"

namespace etl::files {

/// Brings files into the commons, each in the way that its size asks for. Safe from many threads.
class FileUpload {
 public:
  FileUpload(const Services& services, Journal& journal, UploadOptions options);

  /// The bytes go to S3; before them the record to indexd, unless `record_there`. What can be found wrong is found
  /// before the record is made: of a small file all. InputError when the file is not what the metadata says; the other
  /// exceptions are those of the services. What it leaves behind then, the caller removes.
  void upload(const Document& document, const gen3::FileRecord& wanted, bool record_there);

 private:
  void make_record(const gen3::FileRecord& wanted, bool record_there);
  void put_small(const Document& document, const gen3::FileRecord& wanted, bool record_there);
  void put_streamed(const Document& document, const gen3::FileRecord& wanted, bool record_there);
  /// False: this user may not.
  bool put_in_parts(const Document& document, const gen3::FileRecord& wanted, bool record_there);
  void put(const Document& document, const net::Request& request);

  const Services& services_;
  Journal& journal_;
  UploadOptions options_;
  MemoryBudget budget_;
  std::atomic<bool> no_parts_{false};
};

}  // namespace etl::files
