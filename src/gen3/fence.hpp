#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gen3/session.hpp"

namespace etl::gen3 {

/// Who the token stands for, and what it may do.
struct User {
  struct Permission {
    std::string service;  ///< `*` for all
    std::string method;
  };
  std::string name;
  std::string email;
  std::map<std::string, std::vector<Permission>, std::less<>> authz;  ///< by resource path

  /// What is granted on a resource holds for all below it.
  [[nodiscard]] bool may(std::string_view service, std::string_view method, std::string_view resource) const;
};

/// A bucket that fence is configured for, which is not yet one that it allows uploads to.
struct Bucket {
  std::string name;
  std::string endpoint_url;  ///< empty for AWS's own
  std::string region;
  std::string kind;  ///< `S3`, `GS`
};

/// fence, the commons' service for users and signed URLs, at /user.
class Fence {
 public:
  explicit Fence(Session& session) : session_(session) {}

  [[nodiscard]] User user();
  [[nodiscard]] std::vector<Bucket> buckets();

  /// A signed URL that takes the file by PUT; the key is always `<guid>/<file_name>`. `bucket` empty: fence's default
  /// (the only way where ALLOWED_DATA_UPLOAD_BUCKETS is an empty list). NotAllowedError tells which permission or
  /// bucket.
  [[nodiscard]] std::string upload_url(const std::string& guid, const std::string& file_name, const std::string& bucket,
                                       std::chrono::seconds expires);
  /// A signed URL that gives the file of an indexd record.
  [[nodiscard]] std::string download_url(const std::string& guid, std::chrono::seconds expires);

  // A multipart upload needs `file_upload` on /data_file, whatever the rights on the project. fence can neither abort
  // one nor list its parts. An unknown upload id is signed all the same.

  /// Answers the upload id.
  [[nodiscard]] std::string start_multipart(const std::string& guid, const std::string& file_name,
                                            const std::string& bucket);
  /// A signed URL that takes part `number` (from 1) by PUT.
  [[nodiscard]] std::string part_url(const std::string& key, const std::string& upload_id, unsigned number,
                                     const std::string& bucket, std::chrono::seconds expires);
  struct Part {
    unsigned number = 0;
    std::string etag;
  };
  void complete_multipart(const std::string& key, const std::string& upload_id, const std::vector<Part>& parts,
                          const std::string& bucket);

  /// Removes the object and its record. False when the record is not there, or its object (the record then stays).
  [[nodiscard]] bool remove_file(const std::string& guid);

 private:
  using Shape = std::function<bool(const nlohmann::json&)>;
  nlohmann::json get(const std::string& what, const std::string& path, const Shape& shape);
  nlohmann::json post(const std::string& what, const std::string& path, nlohmann::json body, bool repeatable,
                      const Shape& shape);

  Session& session_;
};

}  // namespace etl::gen3
