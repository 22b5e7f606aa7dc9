#include "stand_in/fence.hpp"
#include "stand_in/json_body.hpp"

// Signed URLs to upload with, and the removal of a file.

namespace etl::stand_in {
namespace {

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> all;
  for (const auto& item : list) {
    if (item.is_string()) all.push_back(item.get<std::string>());
  }
  return all;
}

/// As Python prints a list of strings.
std::string shown(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "'" : ", '") + item + "'";
  return "[" + text + "]";
}

constexpr auto kNoUpload =
    "You do not have access to upload data. You either need general file uploader permissions or create and "
    "write-storage permissions on the authz resources you specified (if you specified any).";

}  // namespace

void Fence::add_upload_routes(Router& router) {
  router.add("POST", "/user/data/upload", [this](const Request& request) { return new_upload(request); });
  router.add("GET", "/user/data/upload/{guid*}", [this](const Request& request) { return upload_url(request); });
  router.add("DELETE", "/user/data/{guid*}", [this](const Request& request) { return remove(request); });
}

Answer Fence::new_upload(const Request& request) {
  const auto token = logged_in(request);
  const auto body = fence_body(request, {"file_name"});
  const auto file_name = body["file_name"].get<std::string>();
  const auto authz = texts(body.value("authz", Json::array()));
  const auto users = commons_.users.get();
  const bool allowed = authz.empty() ? users->allows(token.user, "fence", "file_upload", "/data_file")
                                     : users->allows_all(token.user, "fence", "create", authz) &&
                                           users->allows_all(token.user, "fence", "write-storage", authz);
  if (!allowed) return fence_page(403, kNoUpload);

  // The record first, as fence does: what is refused further down leaves an orphan behind.
  auto did = member_text(body, "guid");
  if (did) {
    did = record_or_404(*did)["did"].get<std::string>();
  } else {
    auto record = blank_record(commons_.fence.get()->did_prefix);
    record["file_name"] = file_name;
    record["authz"] = authz;
    if (authz.empty()) record["uploader"] = token.user;
    records_.add(record);
    did = record["did"].get<std::string>();
  }
  const auto config = commons_.fence.get();
  const auto lifetime = url_lifetime(member_text(body, "expires_in"), config->longest_url);
  const auto bucket = upload_bucket(member_text(body, "bucket"));
  const auto url =
      store_.sign("PUT", place(*config, bucket, *did + "/" + file_name), "", lifetime, request.mischief.expired_url);
  return json_answer({{"guid", *did}, {"url", url}}, 201);
}

Answer Fence::upload_url(const Request& request) {
  const auto config = commons_.fence.get();
  const auto bucket = upload_bucket(request.param("bucket"));
  const auto lifetime = url_lifetime(request.param("expires_in"), config->longest_url);
  const auto record = record_or_404(request.part("guid"));
  require_file_right(request, record, "write-storage");
  const auto did = record["did"].get<std::string>();
  const auto key = did + "/" + request.param("file_name").value_or(did);
  return json_answer(
      {{"url", store_.sign("PUT", place(*config, bucket, key), "", lifetime, request.mischief.expired_url)}});
}

void Fence::require_file_right(const Request& request, const Json& record, const std::string& method) {
  const auto did = record["did"].get<std::string>();
  const auto refuse = [](const std::string& why) { throw Refusal(fence_page(401, why)); };
  const auto token = commons_.tokens.of_header(request.authorization);
  const auto authz = texts(record["authz"]);
  if (!authz.empty()) {
    // arborist decides, and looks at the token itself.
    const std::string failed = "request to arborist failed: error decoding token: ";
    if (token.state == Token::State::malformed) refuse(failed + "illegal base64 data at input byte 0");
    if (token.state == Token::State::bad_signature) refuse(failed + "square/go-jose: error in cryptographic primitive");
    if (token.state == Token::State::wrong_purpose) refuse(failed + "token has invalid purpose: " + token.purpose);
    if (token.state == Token::State::expired) refuse(failed + "expired at time: " + std::to_string(token.expires));
    if (!commons_.users.get()->allows_all(token.user, "fence", method, authz)) {
      refuse("Either you weren't authenticated successfully or you don't have " + method +
             " permission on authorization resource: " + shown(authz) + ".");
    }
    return;
  }
  const auto acl = texts(record["acl"]);
  const bool open = acl == std::vector<std::string>{"*"};
  const bool writing = method == "write-storage";
  if (open && writing) refuse("Cannot upload on public files while using acl field");
  if (open) return;
  const auto& uploader = record["uploader"];
  if (!token.good() || !uploader.is_string() || uploader != token.user) {
    refuse("You don't have access permission on this file: " + did);
  }
}

Answer Fence::remove(const Request& request) {
  const auto token = logged_in(request);
  const auto record = record_or_404(request.part("guid"));
  const auto authz = texts(record["authz"]);
  if (!authz.empty()) {
    if (!commons_.users.get()->allows_all(token.user, "fence", "delete", authz)) {
      return json_answer({{"message", "You do not have arborist permissions to delete this file."}}, 403);
    }
  } else if (record["uploader"] != token.user) {
    return json_answer(
        {{"message", "You cannot delete this file because the uploader field indicates it does not belong to you."}},
        403);
  }
  const auto config = commons_.fence.get();
  for (const auto& url : texts(record["urls"])) {
    if (!url.starts_with("s3://")) continue;
    const auto slash = std::min(url.find('/', 5), url.size());
    const auto* bucket = config->find(url.substr(5, slash - 5));
    if (bucket == nullptr) return json_answer({{"message", "Unable to delete data file."}}, 500);
    if (!store_.remove({*bucket, url.substr(5, slash - 5), url.substr(std::min(slash + 1, url.size()))})) {
      return json_answer({{"message", "Unable to delete the data file associated with this record. Backing off."}},
                         404);
    }
  }
  records_.remove(record["did"].get<std::string>(), record["rev"].get<std::string>());
  return {204, "", kHtmlType, {}};
}

}  // namespace etl::stand_in
