#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stand_in/commons.hpp"
#include "stand_in/object_store.hpp"
#include "stand_in/records.hpp"
#include "stand_in/router.hpp"

namespace etl::stand_in {

/// fence: tokens, users, signed URLs. Paths begin with /user.
class Fence {
 public:
  Fence(Commons& commons, Records& records, ObjectStore& store) : commons_(commons), records_(records), store_(store) {}

  void add_routes(Router& router);

 private:
  void add_credential_routes(Router& router);
  void add_upload_routes(Router& router);
  void add_download_routes(Router& router);
  void add_multipart_routes(Router& router);

  Answer create_api_key(const Request& request);
  Answer list_api_keys(const Request& request);
  Answer revoke_api_key(const Request& request);
  Answer access_token(const Request& request);
  Answer user(const Request& request);
  Answer buckets();
  Answer new_upload(const Request& request);
  Answer upload_url(const Request& request);
  Answer download_url(const Request& request);
  Answer download_bulk(const Request& request);
  Answer remove(const Request& request);
  Answer init_multipart(const Request& request);
  Answer sign_part(const Request& request);
  Answer complete_multipart(const Request& request);

  /// The user of a route that wants a token; refuses with 401 and the words of fence.
  [[nodiscard]] Token logged_in(const Request& request);
  /// … and the right to upload files at all.
  [[nodiscard]] Token uploader(const Request& request);
  /// Refuses with 401 unless the request may do `method` (read-storage, write-storage) with the record's file.
  void require_file_right(const Request& request, const Json& record, const std::string& method);
  [[nodiscard]] Json record_or_404(const std::string& did);
  /// The bucket to upload to: as asked for, or the default; refuses with 403 one that is not allowed.
  [[nodiscard]] std::string upload_bucket(const std::optional<std::string>& asked);
  [[nodiscard]] ObjectStore::Place place(const FenceConfig& config, const std::string& bucket, const std::string& key);
  /// The address from which the record's file can be read.
  [[nodiscard]] std::string location(const Request& request, const Json& record,
                                     const std::optional<std::string>& protocol);
  [[nodiscard]] TokenOrder order(const std::string& user, std::chrono::seconds lifetime, const Request& request);

  Commons& commons_;
  Records& records_;
  ObjectStore& store_;
};

/// fence's error page.
[[nodiscard]] Answer fence_page(int status, const std::string& message);

/// The member of a JSON body or the parameter of a query, as text; how long a signed URL shall live. Refuses with 400
/// what is no positive whole number; more than `longest` is `longest`.
[[nodiscard]] std::chrono::seconds url_lifetime(const std::optional<std::string>& asked, std::chrono::seconds longest);

}  // namespace etl::stand_in
