#include "gen3/fence.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/identifier.hpp"
#include "gen3/answer.hpp"
#include "gen3/guid.hpp"
#include "net/encode.hpp"
#include "net/url.hpp"

namespace etl::gen3 {
namespace {

using net::percent_encode;
using nlohmann::json;

/// Is there an absolute http(s) address in the member, without a user and without characters that no address has?
bool has_address(const json& said, const char* name) {
  const std::string url = text_in(said, name);
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (url.empty() || !plain) return false;
  try {
    static_cast<void>(net::origin_of(url));
  } catch (const UsageError&) {
    return false;
  }
  const std::size_t host = url.find("://") + 3;
  return url.substr(host, url.find_first_of("/?#", host) - host).find('@') == std::string::npos;
}

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

json Fence::get(const std::string& what, const std::string& path, const Shape& shape) {
  return ask(session_, {.path = path}, "fence: " + what, shape);
}

json Fence::post(const std::string& what, const std::string& path, json body, bool repeatable, const Shape& shape) {
  return ask(session_, {.method = "POST", .path = path, .body = std::move(body), .repeatable = repeatable},
             "fence: " + what, shape);
}

User Fence::user() {
  const json said = get("reading the user", "/user/user", object_with_texts({"username"}));
  User user;
  user.name = text_in(said, "username");
  user.email = text_in(said, "email");
  if (const auto authz = said.find("authz"); authz != said.end() && authz->is_object()) {
    for (const auto& [resource, permissions] : authz->items()) {
      auto& granted = user.authz[resource];
      if (!permissions.is_array()) continue;
      for (const json& one : permissions) granted.push_back({text_in(one, "service"), text_in(one, "method")});
    }
  }
  return user;
}

std::vector<Bucket> Fence::buckets() {
  const json said = get("listing the buckets", "/user/data/buckets", [](const json& answer) {
    return answer.is_object() && std::any_of(answer.items().begin(), answer.items().end(), [](const auto& member) {
             return member.key().ends_with("_BUCKETS") && member.value().is_object();
           });
  });
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
      fmt::format("signing a URL to upload {} to {}", guid, bucket.empty() ? "the default bucket" : "bucket " + bucket);
  return text_in(get(what, path, [](const json& said) { return has_address(said, "url"); }), "url");
}

std::string Fence::download_url(const std::string& guid, std::chrono::seconds expires) {
  const std::string what = "signing a URL to download " + guid;
  return text_in(
      get(what, fmt::format("/user/data/download/{}?protocol=s3&expires_in={}", guid_path(guid), expires.count()),
          [](const json& said) { return has_address(said, "url"); }),
      "url");
}

std::string Fence::start_multipart(const std::string& guid, const std::string& file_name, const std::string& bucket) {
  static_cast<void>(guid_path(guid));  // or it throws
  json body{{"file_name", file_name}, {"guid", guid}};
  if (!bucket.empty()) body["bucket"] = bucket;
  const std::string what = "starting the multipart upload of " + guid;
  // An upload that nobody knows of costs nothing but a bucket's clean-up.
  return text_in(post(what, "/user/data/multipart/init", std::move(body), true,
                      [](const json& said) { return is_opaque_token(text_in(said, "uploadId")); }),
                 "uploadId");
}

std::string Fence::part_url(const std::string& key, const std::string& upload_id, unsigned number,
                            const std::string& bucket, std::chrono::seconds expires) {
  json body{{"key", key}, {"uploadId", upload_id}, {"partNumber", number}, {"expires_in", expires.count()}};
  if (!bucket.empty()) body["bucket"] = bucket;
  const std::string what = fmt::format("signing a URL for part {} of {}", number, key);
  return text_in(post(what, "/user/data/multipart/upload", std::move(body), true,
                      [](const json& said) { return has_address(said, "presigned_url"); }),
                 "presigned_url");
}

void Fence::complete_multipart(const std::string& key, const std::string& upload_id, const std::vector<Part>& parts,
                               const std::string& bucket) {
  json list = json::array();
  for (const Part& part : parts) list.push_back({{"PartNumber", part.number}, {"ETag", part.etag}});
  json body{{"key", key}, {"uploadId", upload_id}, {"parts", std::move(list)}};
  if (!bucket.empty()) body["bucket"] = bucket;
  const std::string what = "completing the multipart upload of " + key;
  static_cast<void>(post(what, "/user/data/multipart/complete", std::move(body), false,
                         [](const json& said) { return text_in(said, "message") == "OK"; }));
}

bool Fence::remove_file(const std::string& guid) {
  return ask_to_remove(session_, {.method = "DELETE", .path = "/user/data/" + guid_path(guid)},
                       "fence: removing " + guid, [](const net::Response& answer) { return answer.status == 204; });
}

}  // namespace etl::gen3
