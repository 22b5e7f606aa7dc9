#include "stand_in/indexd.hpp"

#include <set>

#include "stand_in/html.hpp"

namespace etl::stand_in {
namespace {

Answer conflict(const Json& record) {
  return indexd_error(409, "did \"" + record["did"].get<std::string>() + "\" already exists");
}

bool twice(const Json& list) {
  const auto items = string_list(list);
  return std::set<std::string>(items.begin(), items.end()).size() < items.size();
}

}  // namespace

Answer indexd_error(int status, const std::string& message) { return json_answer({{"error", message}}, status); }

Json indexd_body(const Request& request) {
  if (request.content_type != kJsonType) {
    throw Refusal(flask_page(
        415, "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."));
  }
  auto body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded()) {
    throw Refusal(flask_page(400, "The browser (or proxy) sent a request that this server could not understand."));
  }
  return body;
}

Json identity(const Json& record) {
  return {{"did", record["did"]}, {"rev", record["rev"]}, {"baseid", record["baseid"]}};
}

void Indexd::add_routes(Router& router) {
  router.add("GET", "/index/_status", [](const Request&) { return Answer{200, "Healthy", kHtmlType, {}}; });
  router.add("GET", "/index/_version", [](const Request&) { return json_answer({{"commit", ""}, {"version", ""}}); });
  router.add("GET", "/index/_stats", [this](const Request&) {
    const auto total = records_.total();
    return json_answer({{"fileCount", total.count}, {"totalFileSize", total.size}});
  });
  router.add("GET", "/index/guid/mint", [this](const Request& request) {
    Json guids = Json::array();
    const auto count = std::stoi(request.param("count").value_or("1"));
    for (int i = 0; i < count; ++i) guids.push_back(commons_.fence.get()->did_prefix + random_uuid());
    return json_answer({{"guids", guids}});
  });
  router.add("GET", "/index/guid/prefix", [this](const Request&) {
    return json_answer({{"prefix", commons_.fence.get()->did_prefix}});
  });
  add_list_routes(router);
  add_drs_routes(router);
  add_version_routes(router);
  add_alias_routes(router);
  add_record_routes(router);
}

void Indexd::add_record_routes(Router& router) {
  router.add("POST", "/index/index", [this](const Request& request) { return create(request); });
  router.add("POST", "/index/index/blank", [this](const Request& request) { return create_blank(request); });
  router.add("POST", "/index/index/blank/{did*}",
             [this](const Request& request) { return add_version(request, true); });
  router.add("PUT", "/index/index/blank/{did*}", [this](const Request& request) { return fill_blank(request); });
  router.add("POST", "/index/index/{did*}", [this](const Request& request) { return add_version(request, false); });
  router.add("GET", "/index/index/{did*}",
             [this](const Request& request) { return json_answer(shown(record_or_404(request.part("did")))); });
  router.add("PUT", "/index/index/{did*}", [this](const Request& request) { return change(request); });
  router.add("DELETE", "/index/index/{did*}", [this](const Request& request) { return remove(request); });
  // indexd's root looks for aliases, too, and says nothing of buckets.
  router.add("GET", "/index/{did*}", [this](const Request& request) {
    auto record = records_.find_alias(request.part("did"));
    return json_answer(record ? *record : record_or_404(request.part("did")));
  });
}

bool Indexd::is_service(const Request& request) {
  const auto login = basic_login(request.authorization);
  if (!login) return false;
  const auto config = commons_.fence.get();
  if (config->service_password.empty() || login->first != config->service_user ||
      login->second != config->service_password) {
    throw Refusal(indexd_error(403, "username / password mismatch"));
  }
  return true;
}

void Indexd::authorize(const Request& request, const std::string& method, const std::vector<std::string>& resources) {
  if (is_service(request)) return;
  const auto token = commons_.tokens.of_header(request.authorization);
  const std::string failed = "[401] - request to arborist failed: error decoding token: ";
  if (token.state == Token::State::malformed) {
    throw Refusal(indexd_error(401, failed + "illegal base64 data at input byte 0"));
  }
  if (token.state == Token::State::bad_signature) {
    throw Refusal(indexd_error(401, failed + "square/go-jose: error in cryptographic primitive"));
  }
  if (token.state == Token::State::wrong_purpose) {
    throw Refusal(indexd_error(401, failed + "token has invalid purpose: " + token.purpose));
  }
  if (token.state == Token::State::expired) {
    throw Refusal(indexd_error(401, failed + "expired at time: " + std::to_string(token.expires) + "\n"));
  }
  // What belongs to no project is the administrator's.
  const std::vector<std::string> admin = {"/services/indexd/admin"};
  if (!token.good() ||
      !commons_.users.get()->allows_all(token.user, "indexd", method, resources.empty() ? admin : resources)) {
    throw Refusal(indexd_error(401, "Permission denied."));
  }
}

Json Indexd::record_or_404(const std::string& did) {
  auto record = records_.find(did, commons_.fence.get()->did_prefix);
  if (!record) throw Refusal(indexd_error(404, "no record found"));
  return std::move(*record);
}

Json Indexd::shown(Json record) {
  const auto config = commons_.fence.get();
  for (auto& [url, metadata] : record["urls_metadata"].items()) {
    if (!url.starts_with("s3://") || config->find(url.substr(5, url.find('/', 5) - 5)) == nullptr) continue;
    metadata["available"] = true;
    metadata["cloud"] = "aws";
  }
  return record;
}

Answer Indexd::create(const Request& request) {
  const auto body = indexd_body(request);
  check_new_record(body);
  authorize(request, "create", string_list(body.value("authz", Json::array())));
  auto record = new_record(body);
  // The database takes a url once for each record; indexd takes any such refusal for one of the did.
  if (twice(record["urls"]) || !records_.add(record)) return conflict(record);
  return json_answer(identity(record));
}

Answer Indexd::change(const Request& request) {
  const auto body = indexd_body(request);
  check_change(body);
  auto record = record_or_404(request.part("did"));
  authorize(request, "update", string_list(record["authz"]));
  if (body.contains("authz")) authorize(request, "update", string_list(body["authz"]));
  if (request.param("rev") != record["rev"].get<std::string>()) return indexd_error(409, "revision mismatch");
  apply(body, record);
  if (!records_.change(record)) return indexd_error(409, "revision mismatch");
  return json_answer(identity(record));
}

Answer Indexd::remove(const Request& request) {
  const auto rev = request.param("rev");
  const auto record = records_.find(request.part("did"), commons_.fence.get()->did_prefix);
  if (!record) return indexd_error(404, "no record found");
  authorize(request, "delete", string_list((*record)["authz"]));
  if (!rev) return indexd_error(400, "no revision specified");
  if (*rev != (*record)["rev"] || !records_.remove((*record)["did"].get<std::string>(), *rev)) {
    return indexd_error(409, "revision mismatch");
  }
  return {200, "", kHtmlType, {}};
}

Answer Indexd::create_blank(const Request& request) {
  const auto body = indexd_body(request);
  const auto authz = string_list(body.value("authz", Json::array()));
  authorize(request, "create", authz);
  auto record = blank_record(commons_.fence.get()->did_prefix);
  record["uploader"] = body.value("uploader", Json());
  record["file_name"] = body.value("file_name", Json());
  record["authz"] = authz;
  records_.add(record);
  return json_answer(identity(record), 201);
}

Answer Indexd::fill_blank(const Request& request) {
  const auto body = indexd_body(request);
  auto record = record_or_404(request.part("did"));
  authorize(request, "update", string_list(record["authz"]));
  if (!record["size"].is_null() || !record["hashes"].empty()) {
    return indexd_error(400, "update api is not supported for non-empty record!");
  }
  if (request.param("rev") != record["rev"].get<std::string>()) return indexd_error(409, "revision mismatch");
  apply(body, record);
  if (!records_.change(record)) return indexd_error(409, "revision mismatch");
  return json_answer(identity(record));
}

}  // namespace etl::stand_in
