#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gen3/session.hpp"

namespace etl::gen3 {

/// A record of indexd: what a file is, and where it is.
struct FileRecord {
  std::string did;  ///< the GUID
  std::string rev;  ///< changes with every update; needed for the next one
  std::string baseid;
  std::optional<std::uint64_t> size;  ///< none in a blank record
  std::map<std::string, std::string> hashes;
  std::vector<std::string> urls;
  std::vector<std::string> authz;
  std::string file_name;
  std::map<std::string, std::string> metadata;
  std::string uploader;
};

/// In what an existing record is not the one that is wanted: size, hashes, urls and authz (as sets), file_name; one
/// line, empty when they agree. Hashes that only one of the two has do not count, but at least one must be in both. Of
/// a record that only other projects own, the line has their names and nothing else: the text is shown to whoever wrote
/// the study.
[[nodiscard]] std::string difference(const FileRecord& wanted, const FileRecord& there);

/// indexd, the commons' index of files, at /index.
class Indexd {
 public:
  explicit Indexd(Session& session) : session_(session) {}

  enum class Made : unsigned char { created, was_there };
  /// A record that exists already is success only if it agrees (difference()), else RefusedError tells in what. A lost
  /// answer does no harm: the record that was made without our knowing agrees.
  Made create(const FileRecord& record);
  [[nodiscard]] std::optional<FileRecord> get(const std::string& did);
  /// Changes what an update may change: urls, authz, file_name, metadata. Size and hashes never change. Answers the new
  /// rev; RefusedError when `rev` is not the latest.
  std::string update(const std::string& did, const std::string& rev, const FileRecord& wanted);
  /// False when it is not there.
  bool remove(const std::string& did, const std::string& rev);
  /// Every record with exactly this `authz`, by did.
  void list(const std::string& authz, const std::function<void(const FileRecord&)>& each);
  /// The records of these dids that exist, in no order.
  [[nodiscard]] std::vector<FileRecord> bulk(const std::vector<std::string>& dids);

 private:
  Session& session_;
};

}  // namespace etl::gen3
