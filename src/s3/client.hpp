#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.hpp"
#include "net/retry.hpp"
#include "s3/address.hpp"
#include "s3/key_source.hpp"
#include "s3/time.hpp"

namespace etl::s3 {

struct Object {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;  ///< without its quotes
  TimePoint last_modified;
};

struct ListOptions {
  std::string prefix;
  std::string delimiter;      ///< "/" gives one level, the rest as prefixes
  std::string start_after;    ///< keys after this one
  unsigned page_size = 1000;  ///< S3 gives at most 1,000
};
struct ListPage {
  std::vector<Object> objects;
  std::vector<std::string> prefixes;  ///< what a delimiter has cut
  std::string next;                   ///< continuation token; empty at the end
};

struct GetOptions {
  std::optional<std::pair<std::uint64_t, std::uint64_t>> range;  ///< first and last byte, both included
  std::string if_match;  ///< an ETag: RefusedError (412) when the object is another one by now
};

struct PutOptions {
  std::string content_type;
  std::string content_md5;  ///< Base64; S3 refuses a body that has another
  net::Headers headers;     ///< more: x-amz-meta-…
};

struct Part {
  unsigned number = 0;  ///< from 1 to 10,000
  std::string etag;
  std::uint64_t size = 0;
};

/// S3's REST interface, for one profile. Every call signs anew and is repeated as a whole while the service is not
/// available, above the repeats of the HTTP client. Safe to use from many threads.
///
/// All throw NotAllowedError, UnavailableError, UsageError (no such name can be) and RefusedError
/// (no such bucket, key or upload) with bucket and key as the place, unless they say otherwise.
class Client {
 public:
  /// `http` must outlive it.
  Client(net::HttpClient& http, Profile profile, net::RetryPolicy retry = {}, std::stop_token stop = {});

  [[nodiscard]] ListPage list_page(const std::string& bucket, const ListOptions& options = {},
                                   const std::string& continuation = {});
  /// Every object, page by page, in the order of the keys' bytes.
  void list(const std::string& bucket, const ListOptions& options, const std::function<void(const Object&)>& visit);

  /// Nothing when there is no such object (S3 does not tell that from no such bucket here).
  [[nodiscard]] std::optional<Object> head(const std::string& bucket, const std::string& key);
  /// The object's bytes go to `sink`; what is returned has the whole object's size, not the range's.
  Object get(const std::string& bucket, const std::string& key, net::BodySink& sink, const GetOptions& options = {});
  [[nodiscard]] std::string get(const std::string& bucket, const std::string& key);
  /// Returns the ETag.
  std::string put(const std::string& bucket, const std::string& key, net::BodySource& body,
                  const PutOptions& options = {});
  std::string put(const std::string& bucket, const std::string& key, const std::string& body,
                  const PutOptions& options = {});
  /// An object that is not there is no error.
  void remove(const std::string& bucket, const std::string& key);

  /// Returns the upload's id.
  [[nodiscard]] std::string create_upload(const std::string& bucket, const std::string& key,
                                          const PutOptions& options = {});
  [[nodiscard]] Part upload_part(const std::string& bucket, const std::string& key, const std::string& upload,
                                 unsigned number, net::BodySource& body, const std::string& content_md5 = {});
  /// Returns the object's ETag.
  std::string complete_upload(const std::string& bucket, const std::string& key, const std::string& upload,
                              const std::vector<Part>& parts);
  void abort_upload(const std::string& bucket, const std::string& key, const std::string& upload);
  /// What has been uploaded so far, by number.
  [[nodiscard]] std::vector<Part> list_parts(const std::string& bucket, const std::string& key,
                                             const std::string& upload);

  /// A URL that allows `method` on the object until it expires; it is a secret. `query`: "partNumber=1&uploadId=…".
  [[nodiscard]] std::string presign(std::string_view method, const std::string& bucket, const std::string& key,
                                    std::chrono::seconds expires, std::string_view query = {});

  /// Throws as refuse() does. For a bucket that does not exist, the hint suggests a bucket of the account with a
  /// similar name, if there is one and the key may list buckets.
  [[noreturn]] void refuse_bucket(const net::Response& response, const std::string& bucket, const std::string& where);

  [[nodiscard]] const Profile& profile() const { return profile_; }
  [[nodiscard]] const Address& address() const { return address_; }

 private:
  struct Call;
  net::Response send(const Call& call);
  net::Response send_once(const Call& call);
  /// The buckets of the key's account; none where the key may not list them.
  [[nodiscard]] std::vector<std::string> bucket_names();

  net::HttpClient& http_;
  Profile profile_;
  Address address_;
  KeySource keys_;
  net::RetryPolicy retry_;
  std::stop_token stop_;
};

}  // namespace etl::s3
