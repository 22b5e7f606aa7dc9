#include "gen3/metadata.hpp"

#include <fmt/format.h>

#include "gen3/answer.hpp"
#include "s3/encode.hpp"

namespace etl::gen3 {
namespace {

using nlohmann::json;

constexpr std::size_t page_size = 1000;  // at most 2,000

std::string path_of(const std::string& guid) { return "/mds/metadata/" + s3::encode_key(guid); }

}  // namespace

bool MetadataService::create(const std::string& guid, const json& document) {
  const Call call{.method = "POST", .path = path_of(guid), .body = document};
  const net::Response answer = session_.call(call);
  if (answer.status == 409) return false;
  if (!answer.ok()) refuse("metadata-service: " + guid, answer, session_.address(call));
  return true;
}

bool MetadataService::overwrite(const std::string& guid, const json& document) {
  const Call call{.method = "POST", .path = path_of(guid) + "?overwrite=true", .body = document, .repeatable = true};
  const net::Response answer = session_.call(call);
  if (!answer.ok()) refuse("metadata-service: " + guid, answer, session_.address(call));
  return answer.status == 201;
}

std::optional<json> MetadataService::get(const std::string& guid) {
  const Call call{.path = path_of(guid), .with_token = false};
  const net::Response answer = session_.call(call);
  if (answer.status == 404) return std::nullopt;
  if (!answer.ok()) refuse("metadata-service: " + guid, answer, session_.address(call));
  return json_of("metadata-service: " + guid, answer, session_.address(call));
}

bool MetadataService::remove(const std::string& guid) {
  const Call call{.method = "DELETE", .path = path_of(guid)};
  const net::Response answer = session_.call(call);
  if (answer.status == 404) return false;
  if (!answer.ok()) refuse("metadata-service: the removal of " + guid, answer, session_.address(call));
  return true;
}

void MetadataService::list(const std::string& guid_type,
                           const std::function<void(const std::string&, const json&)>& each) {
  const std::string what = "metadata-service: the documents of type " + guid_type;
  for (std::size_t offset = 0;; offset += page_size) {
    const Call call{.path = fmt::format("/mds/metadata?_guid_type={}&data=True&limit={}&offset={}",
                                        s3::percent_encode(guid_type), page_size, offset),
                    .with_token = false};
    const net::Response answer = session_.call(call);
    if (!answer.ok()) refuse(what, answer, session_.address(call));
    const json said = json_of(what, answer, session_.address(call));
    for (const auto& [guid, document] : said.items()) each(guid, document);
    if (said.size() < page_size) return;
  }
}

}  // namespace etl::gen3
