#include "stand_in/fence.hpp"

#include <charconv>

namespace etl::stand_in {

void Fence::add_routes(Router& router) {
  router.add("GET", "/user/_status", [](const Request&) { return Answer{200, "Healthy", kHtmlType, {}}; });
  router.add("GET", "/user/_version", [](const Request&) { return json_answer({{"commit", ""}, {"version", ""}}); });
  router.add("GET", "/user/user", [this](const Request& request) { return user(request); });
  router.add("GET", "/user/data/buckets", [this](const Request&) { return buckets(); });
  add_credential_routes(router);
  add_upload_routes(router);
  add_multipart_routes(router);
  add_download_routes(router);
}

Token Fence::logged_in(const Request& request) {
  auto token = commons_.tokens.of_header(request.authorization);
  const auto refuse = [](const std::string& why) { throw Refusal(fence_page(401, "Authentication Error: " + why)); };
  switch (token.state) {
    case Token::State::absent:
      refuse("no authorization header provided");
      break;
    case Token::State::other_scheme:
      refuse("unexpected Authorization header format (expected `Bearer`)");
      break;
    case Token::State::malformed:
      refuse("Invalid header padding");
      break;
    case Token::State::bad_signature:
      refuse("Signature verification failed");
      break;
    case Token::State::wrong_purpose:
      refuse("claims have incorrect purpose: expected access, got " + token.purpose);
      break;
    case Token::State::expired:
      refuse("Signature has expired");
      break;
    case Token::State::good:
      break;
  }
  return token;
}

Token Fence::uploader(const Request& request) {
  auto token = logged_in(request);
  if (!commons_.users.get()->allows(token.user, "fence", "file_upload", "/data_file")) {
    throw Refusal(fence_page(403, "user does not have privileges to access this endpoint"));
  }
  return token;
}

Json Fence::record_or_404(const std::string& did) {
  auto record = records_.find(did, commons_.fence.get()->did_prefix);
  if (!record) throw Refusal(fence_page(404, "No indexed document found with id " + did));
  return std::move(*record);
}

Answer Fence::user(const Request& request) {
  const auto token = commons_.tokens.of_header(request.authorization);
  switch (token.state) {
    case Token::State::absent:
      return fence_page(401, "Please login");
    case Token::State::other_scheme:
      return fence_page(401, "unexpected Authorization header format (expected `Bearer`)");
    case Token::State::malformed:
      return fence_page(401, "Invalid header padding");
    case Token::State::bad_signature:
      return fence_page(401, "Signature verification failed");
    case Token::State::wrong_purpose:
      return fence_page(401, "claims have incorrect purpose: expected access, got " + token.purpose);
    case Token::State::expired:
      return fence_page(401, "failed to validate token: [401] - Authentication Error: Signature has expired");
    case Token::State::good:
      break;
  }
  const auto users = commons_.users.get();
  Json authz = Json::object();
  Json resources = Json::array();
  for (const auto& [resource, permissions] : users->granted(token.user)) {
    resources.push_back(resource);
    auto& list = authz[resource] = Json::array();
    for (const auto& each : permissions) list.push_back({{"service", each.service}, {"method", each.method}});
  }
  const auto number = users->number_of(token.user);
  return json_answer({{"active", true},
                      {"authz", authz},
                      {"azp", nullptr},
                      {"certificates_uploaded", Json::array()},
                      {"display_name", ""},
                      {"email", token.user},
                      {"groups", Json::array()},
                      {"idp", ""},
                      {"is_admin", false},
                      {"message", ""},
                      {"name", token.user},
                      {"phone_number", ""},
                      {"preferred_username", ""},
                      {"primary_google_service_account", nullptr},
                      {"project_access", Json::object()},
                      {"resources", resources},
                      {"resources_granted", Json::array()},
                      {"role", "user"},
                      {"sub", std::to_string(number)},
                      {"user_id", number},
                      {"username", token.user}});
}

Answer Fence::buckets() {
  Json all = Json::object();
  for (const auto& [name, bucket] : commons_.fence.get()->buckets) {
    all[name] = {{"region", bucket.region}};
    if (!bucket.endpoint_url.empty()) all[name]["endpoint_url"] = bucket.endpoint_url;
  }
  return json_answer({{"GS_BUCKETS", Json::object()}, {"S3_BUCKETS", all}});
}

std::string Fence::upload_bucket(const std::optional<std::string>& asked) {
  const auto config = commons_.fence.get();
  if (asked && !config->upload_allowed(*asked)) {
    throw Refusal(fence_page(403, "Uploading to bucket '" + *asked + "' is not allowed"));
  }
  return asked ? *asked : config->default_bucket;
}

ObjectStore::Place Fence::place(const FenceConfig& config, const std::string& bucket, const std::string& key) {
  const auto* found = config.find(bucket);
  if (found == nullptr) throw Refusal(fence_page(500, ""));
  return {*found, bucket, key};
}

std::chrono::seconds url_lifetime(const std::optional<std::string>& asked, std::chrono::seconds longest) {
  if (!asked) return longest;
  std::int64_t number = 0;
  const auto* end = asked->data() + asked->size();
  if (const auto [stop, error] = std::from_chars(asked->data(), end, number);
      error != std::errc() || stop != end || number <= 0) {
    throw Refusal(fence_page(400, "Requested expiry must be a positive integer; instead got " + *asked));
  }
  return std::min(std::chrono::seconds(number), longest);
}

}  // namespace etl::stand_in
