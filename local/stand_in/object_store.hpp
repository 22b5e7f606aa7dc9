#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/http.hpp"
#include "stand_in/fence_config.hpp"
#include "stand_in/request.hpp"

namespace etl::stand_in {

/// fence's hands in S3: URLs signed with the bucket's key, and the calls that fence makes itself.
class ObjectStore {
 public:
  /// `detour` may give another address for a bucket's endpoint (the proxy that misbehaves); nullopt: none.
  using Detour = std::function<std::optional<std::string>()>;
  explicit ObjectStore(Detour detour);

  struct Place {
    const Bucket& bucket;
    std::string name;  ///< of the bucket
    std::string key;
  };

  /// Where the object is, without a signature: path style.
  [[nodiscard]] std::string url(const Place& place) const;
  /// Signed. `query` is already encoded; `expired`: the URL was good for a second, an hour ago.
  [[nodiscard]] std::string sign(const std::string& method, const Place& place, const std::string& query,
                                 std::chrono::seconds lifetime, bool expired) const;

  /// The upload's id. Throws as net::HttpClient, and UnavailableError when S3 does not do it.
  [[nodiscard]] std::string create_multipart(const Place& place);
  struct Part {
    std::int64_t number = 0;
    std::string etag;
  };
  /// False: S3 refused the parts.
  [[nodiscard]] bool complete_multipart(const Place& place, const std::string& upload, const std::vector<Part>& parts);
  /// False: there is no such object.
  [[nodiscard]] bool remove(const Place& place);

 private:
  net::Response call(const std::string& method, const Place& place, const std::string& query, std::string body = {});

  Detour detour_;
  net::HttpClient client_;
};

}  // namespace etl::stand_in
