#include <fmt/format.h>

#include "net/encode.hpp"
#include "stand_in/fence.hpp"
#include "stand_in/json_body.hpp"

// Uploads in parts. fence remembers nothing of them: the id, the key and the bucket come with every call.

namespace etl::stand_in {

void Fence::add_multipart_routes(Router& router) {
  router.add("POST", "/user/data/multipart/init", [this](const Request& request) { return init_multipart(request); });
  router.add("POST", "/user/data/multipart/upload", [this](const Request& request) { return sign_part(request); });
  router.add("POST", "/user/data/multipart/complete",
             [this](const Request& request) { return complete_multipart(request); });
}

Answer Fence::init_multipart(const Request& request) {
  const auto token = uploader(request);
  const auto body = fence_body(request, {"file_name"});
  const auto file_name = body["file_name"].get<std::string>();
  const auto config = commons_.fence.get();
  const auto bucket = upload_bucket(member_text(body, "bucket"));
  auto did = member_text(body, "guid");
  if (did) {
    did = record_or_404(*did)["did"].get<std::string>();
  } else {
    auto record = blank_record(config->did_prefix);
    record["file_name"] = file_name;
    record["uploader"] = token.user;
    records_.add(record);
    did = record["did"].get<std::string>();
  }
  const auto upload = store_.create_multipart(place(*config, bucket, *did + "/" + file_name));
  return json_answer({{"guid", *did}, {"uploadId", upload}}, 201);
}

Answer Fence::sign_part(const Request& request) {
  (void)uploader(request);
  const auto body = fence_body(request, {"key", "uploadId", "partNumber"});
  const auto config = commons_.fence.get();
  const auto bucket = upload_bucket(member_text(body, "bucket"));
  const auto lifetime = url_lifetime(member_text(body, "expires_in"), config->longest_url);
  const auto query = fmt::format("uploadId={}&partNumber={}", net::percent_encode(*member_text(body, "uploadId")),
                                 net::percent_encode(*member_text(body, "partNumber")));
  return json_answer({{"presigned_url", store_.sign("PUT", place(*config, bucket, *member_text(body, "key")), query,
                                                    lifetime, request.mischief.expired_url)}});
}

Answer Fence::complete_multipart(const Request& request) {
  (void)uploader(request);
  const auto body = fence_body(request, {"key", "uploadId", "parts"});
  const auto config = commons_.fence.get();
  const auto bucket = upload_bucket(member_text(body, "bucket"));
  std::vector<ObjectStore::Part> parts;
  for (const auto& part : body["parts"]) {
    parts.push_back({part.at("PartNumber").get<std::int64_t>(), part.at("ETag").get<std::string>()});
  }
  const auto where = place(*config, bucket, *member_text(body, "key"));
  if (request.mischief.wrong_etag || !store_.complete_multipart(where, *member_text(body, "uploadId"), parts)) {
    return fence_page(500, "");
  }
  return json_answer({{"message", "OK"}});
}

}  // namespace etl::stand_in
