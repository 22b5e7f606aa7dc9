#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/sqlite.hpp"
#include "files/document.hpp"

namespace etl::files {

/// What a later run has to know of the loads into one commons: which files are done, which records are ours although
/// their files are not there yet, and how far uploads in parts have come (fence cannot list parts: this is the only
/// memory of them). Safe from many threads and processes.
class Journal {
 public:
  /// One file a commons below the folder of state.
  Journal(const std::filesystem::path& state_folder, const std::string& endpoint);

  using Time = std::chrono::sys_seconds;
  /// When the object of just this file, as it is on disk now, was last seen at this url: after its upload, or by a
  /// later look. None when the file was not loaded there.
  [[nodiscard]] std::optional<Time> finished(const Document& document, const std::string& url);
  /// The file is in the commons, and its object was seen now; nothing of it is under way any more.
  void finish(const Document& document, const std::string& url);

  /// Before its record is made: until finish() or forget() the record is ours, whoever asks.
  void begin(const std::string& did);
  [[nodiscard]] bool begun(const std::string& did);
  /// Nothing of it is there any more.
  void forget(const std::string& did);

  struct Part {
    std::string md5;
    std::string etag;
  };
  struct Upload {
    std::string id;
    std::string key;
    std::string bucket;
    std::uint64_t part_size = 0;
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::string md5;
    std::map<unsigned, Part> parts;
  };
  [[nodiscard]] std::optional<Upload> upload(const std::string& did);
  /// In place of any other upload of this did.
  void start_upload(const std::string& did, const Upload& upload);
  void add_part(const std::string& did, const std::string& upload_id, unsigned number, const Part& part);
  void drop_upload(const std::string& did);

 private:
  std::mutex mutex_;
  sqlite::Database database_;
  // What every file needs; the rest is prepared when it is.
  sqlite::Statement finished_;
  sqlite::Statement finish_;
  sqlite::Statement unfinish_;
  sqlite::Statement begin_;
  sqlite::Statement end_;
  sqlite::Statement drop_upload_;
};

}  // namespace etl::files
