#include "gen3/fence.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "gen3/answer.hpp"
#include "s3/encode.hpp"

namespace etl::gen3 {
namespace {

using nlohmann::json;
using s3::percent_encode;

std::string text_in(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// A GUID may have a prefix: its '/' is one of the path.
std::string guid_path(const std::string& guid) { return s3::encode_key(guid); }

}  // namespace

bool User::may(std::string_view service, std::string_view method, std::string_view resource) const {
  for (std::string_view path = resource; !path.empty(); path = path.substr(0, path.rfind('/'))) {
    const auto granted = authz.find(path);
    if (granted == authz.end()) continue;
    for (const Permission& one : granted->second) {
      if ((one.service == "*" || one.service == service) && (one.method == "*" || one.method == method)) return true;
    }
  }
  return false;
}

json Fence::get(const std::string& what, const std::string& path) {
  const Call call{.path = path};
  const net::Response answer = session_.call(call);
  if (!answer.ok()) refuse("fence: " + what, answer, session_.address(call));
  return json_of("fence: " + what, answer, session_.address(call));
}

json Fence::post(const std::string& what, const std::string& path, json body, bool repeatable) {
  const Call call{.method = "POST", .path = path, .body = std::move(body), .repeatable = repeatable};
  const net::Response answer = session_.call(call);
  if (!answer.ok()) refuse("fence: " + what, answer, session_.address(call));
  return json_of("fence: " + what, answer, session_.address(call));
}

User Fence::user() {
  const json said = get("who am I", "/user/user");
  User user;
  user.name = text_in(said, "username");
  user.email = text_in(said, "email");
  if (const auto authz = said.find("authz"); authz != said.end() && authz->is_object()) {
    for (const auto& [resource, permissions] : authz->items()) {
      auto& granted = user.authz[resource];
      for (const json& one : permissions) granted.push_back({text_in(one, "service"), text_in(one, "method")});
    }
  }
  return user;
}

std::vector<Bucket> Fence::buckets() {
  const json said = get("the configured buckets", "/user/data/buckets");
  std::vector<Bucket> out;
  for (const auto& [kinds, buckets] : said.items()) {
    if (!kinds.ends_with("_BUCKETS") || !buckets.is_object()) continue;
    for (const auto& [name, what] : buckets.items()) {
      out.push_back({name, text_in(what, "endpoint_url"), text_in(what, "region"), kinds.substr(0, kinds.find('_'))});
    }
  }
  return out;
}

std::string Fence::upload_url(const std::string& guid, const std::string& file_name, const std::string& bucket,
                              std::chrono::seconds expires) {
  std::string path = fmt::format("/user/data/upload/{}?file_name={}&expires_in={}", guid_path(guid),
                                 percent_encode(file_name), expires.count());
  if (!bucket.empty()) path += "&bucket=" + percent_encode(bucket);
  const std::string what =
      fmt::format("a URL to upload {} to {}", guid, bucket.empty() ? "the default bucket" : "bucket " + bucket);
  return text_of(get(what, path), "url", "fence: " + what);
}

std::string Fence::download_url(const std::string& guid, std::chrono::seconds expires) {
  const std::string what = "a URL to download " + guid;
  return text_of(
      get(what, fmt::format("/user/data/download/{}?protocol=s3&expires_in={}", guid_path(guid), expires.count())),
      "url", "fence: " + what);
}

std::string Fence::start_multipart(const std::string& guid, const std::string& file_name, const std::string& bucket) {
  json body{{"file_name", file_name}, {"guid", guid}};
  if (!bucket.empty()) body["bucket"] = bucket;
  const std::string what = "a multipart upload of " + guid;
  // An upload that nobody knows of costs nothing but a bucket's clean-up.
  return text_of(post(what, "/user/data/multipart/init", std::move(body), true), "uploadId", "fence: " + what);
}

std::string Fence::part_url(const std::string& key, const std::string& upload_id, unsigned number,
                            const std::string& bucket, std::chrono::seconds expires) {
  json body{{"key", key}, {"uploadId", upload_id}, {"partNumber", number}, {"expires_in", expires.count()}};
  if (!bucket.empty()) body["bucket"] = bucket;
  const std::string what = fmt::format("a URL for part {} of {}", number, key);
  return text_of(post(what, "/user/data/multipart/upload", std::move(body), true), "presigned_url", "fence: " + what);
}

void Fence::complete_multipart(const std::string& key, const std::string& upload_id, const std::vector<Part>& parts,
                               const std::string& bucket) {
  json list = json::array();
  for (const Part& part : parts) list.push_back({{"PartNumber", part.number}, {"ETag", part.etag}});
  json body{{"key", key}, {"uploadId", upload_id}, {"parts", std::move(list)}};
  if (!bucket.empty()) body["bucket"] = bucket;
  const std::string what = "the end of the multipart upload of " + key;
  const json said = post(what, "/user/data/multipart/complete", std::move(body), false);
  if (text_of(said, "message", "fence: " + what) != "OK") {
    throw UnavailableError(fmt::format("fence: {}: {}", what, text_in(said, "message")), session_.endpoint(),
                           "run again");
  }
}

bool Fence::remove_file(const std::string& guid) {
  const Call call{.method = "DELETE", .path = "/user/data/" + guid_path(guid)};
  const net::Response answer = session_.call(call);
  if (answer.status == 404) return false;
  if (!answer.ok()) refuse("fence: the removal of " + guid, answer, session_.address(call));
  return true;
}

}  // namespace etl::gen3
