#include "stand_in/object_store.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "net/encode.hpp"
#include "s3/encode.hpp"
#include "s3/xml.hpp"
#include "stand_in/s3_signature.hpp"

namespace etl::stand_in {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

net::HttpOptions options() {
  net::HttpOptions chosen;
  chosen.attempts = 1;  // a fault of S3 is for the client to see
  chosen.user_agent = "aced-stand-in";
  chosen.connections_per_host = 64;
  return chosen;
}

}  // namespace

ObjectStore::ObjectStore(Detour detour) : detour_(std::move(detour)), client_(options()) {}

std::string ObjectStore::url(const Place& place) const {
  auto endpoint = detour_();
  if (!endpoint && !place.bucket.endpoint_url.empty()) endpoint = place.bucket.endpoint_url;
  if (!endpoint) endpoint = "https://s3." + place.bucket.region + ".amazonaws.com";
  return *endpoint + "/" + place.name + "/" + s3::encode_key(place.key);
}

std::string ObjectStore::sign(const std::string& method, const Place& place, const std::string& query, seconds lifetime,
                              bool expired) const {
  SignedAccess access{
      .method = method, .region = place.bucket.region, .from = std::chrono::system_clock::now(), .lifetime = lifetime};
  if (expired) {
    access.from -= hours(1);
    access.lifetime = seconds(1);
  }
  return signed_url(url(place) + (query.empty() ? "" : "?" + query), access, place.bucket.key);
}

net::Response ObjectStore::call(const std::string& method, const Place& place, const std::string& query,
                                std::string body) {
  net::Request request;
  request.method = method;
  request.url = sign(method, place, query, minutes(5), false);
  request.body = std::move(body);
  return client_.send(request);
}

std::string ObjectStore::create_multipart(const Place& place) {
  const auto response = call("POST", place, "uploads=");
  if (!response.ok()) throw UnavailableError(fmt::format("S3 answered {}", response.status), url(place));
  return s3::text_of(s3::Xml(response.body, "InitiateMultipartUploadResult", url(place)).root(), "UploadId");
}

bool ObjectStore::complete_multipart(const Place& place, const std::string& upload, const std::vector<Part>& parts) {
  std::string body = "<CompleteMultipartUpload>";
  for (const auto& part : parts) {
    body +=
        fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", part.number, s3::xml_escape(part.etag));
  }
  body += "</CompleteMultipartUpload>";
  const auto response = call("POST", place, "uploadId=" + net::percent_encode(upload), body);
  // S3 may begin to answer before it knows: then 200 comes with an error inside.
  return response.ok() && response.body.find("<Error>") == std::string::npos;
}

bool ObjectStore::remove(const Place& place) {
  const auto seen = call("HEAD", place, "");
  if (seen.status == 404) return false;
  if (!seen.ok()) throw UnavailableError(fmt::format("S3 answered {}", seen.status), url(place));
  const auto response = call("DELETE", place, "");
  if (!response.ok()) throw UnavailableError(fmt::format("S3 answered {}", response.status), url(place));
  return true;
}

}  // namespace etl::stand_in
