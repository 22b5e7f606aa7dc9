#include "stand_in/metadata_service.hpp"

#include <fmt/format.h>

#include "stand_in/metadata_answers.hpp"

namespace etl::stand_in {
namespace {

Answer not_found(const std::string& guid) { return detail(404, "Not found: " + guid); }
Answer document(const std::string& text, int status = 200) { return {status, text, kJsonType, {}}; }

bool flag(const Request& request, const std::string& name, bool otherwise) {
  const auto text = request.param(name);
  if (!text) return otherwise;
  return *text == "true" || *text == "True" || *text == "1" || *text == "yes" || *text == "on";
}

/// The body, which must be JSON; refuses with 422.
Json body_of(const Request& request, Json::value_t wanted) {
  const bool object = wanted == Json::value_t::object;
  const auto* type = object ? "dict_type" : "list_type";
  const auto what = std::string("Input should be a valid ") + (object ? "dictionary" : "list");
  if (request.content_type != kJsonType) {
    throw Refusal(detail(422, Json::array({complaint(type, Json::array({"body"}), what, request.body)})));
  }
  auto body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded()) {
    auto said = complaint("json_invalid", {"body", 1}, "JSON decode error", Json::object());
    said["ctx"] = {{"error", "Expecting property name enclosed in double quotes"}};
    throw Refusal(detail(422, Json::array({said})));
  }
  if (body.type() != wanted)
    throw Refusal(detail(422, Json::array({complaint(type, Json::array({"body"}), what, body)})));
  return body;
}

bool forbidden(const std::string& guid) { return guid == "upload"; }

}  // namespace

void MetadataService::add_routes(Router& router) {
  router.add("GET", "/mds/_status", [](const Request&) {
    return json_answer(
        {{"status", "OK"}, {"timestamp", indexd_time() + "+00:00"}, {"aggregate_metadata_enabled", false}});
  });
  router.add("GET", "/mds/version", [](const Request&) { return json_answer("4.3.0"); });
  router.add("GET", "/mds/objects/{guid*}", [this](const Request& request) {
    const auto& guid = request.part("guid");
    const auto metadata = find(guid);
    const auto record = records_.find(guid, commons_.fence.get()->did_prefix);
    if (!metadata && !record) return not_found(guid);
    return document(fmt::format(R"({{"record":{},"metadata":{}}})", record.value_or(Json::object()).dump(),
                                metadata.value_or("{}")));
  });
  add_alias_routes(router);
  add_path_routes(router);
  add_document_routes(router);
}

void MetadataService::add_document_routes(Router& router) {
  router.add("GET", "/mds/metadata", [this](const Request& request) { return search(request); });
  router.add("POST", "/mds/metadata", [this](const Request& request) { return batch(request); });
  router.add("GET", "/mds/metadata/{guid*}", [this](const Request& request) {
    const auto found = find(request.part("guid"));
    return found ? document(*found) : not_found(request.part("guid"));
  });
  router.add("POST", "/mds/metadata/{guid*}", [this](const Request& request) { return create(request); });
  router.add("PUT", "/mds/metadata/{guid*}", [this](const Request& request) { return replace(request); });
  router.add("DELETE", "/mds/metadata/{guid*}", [this](const Request& request) { return remove(request); });
}

void MetadataService::authorize(const Request& request) {
  if (const auto login = basic_login(request.authorization)) {
    const auto config = commons_.fence.get();
    if (!config->service_password.empty() && login->first == config->service_user &&
        login->second == config->service_password) {
      return;
    }
    throw Refusal(detail(403, "Forbidden"));
  }
  const auto token = commons_.tokens.of_header(request.authorization);
  if (!token.good() && token.state != Token::State::absent && token.state != Token::State::other_scheme) {
    throw Refusal(internal_error());
  }
  if (!token.good() || !commons_.users.get()->allows(token.user, "mds_gateway", "access", "/mds_gateway")) {
    throw Refusal(detail(403, "Forbidden"));
  }
}

std::optional<std::string> MetadataService::find(const std::string& guid) {
  return commons_.database.session()->value(
      "select data from stand_in.metadata where guid = coalesce((select guid from stand_in.metadata_alias where name = "
      "$1), $1)",
      {guid});
}

Answer MetadataService::create(const Request& request) {
  authorize(request);
  const auto& guid = request.part("guid");
  if (forbidden(guid)) return detail(400, "GUID cannot have value: {FORBIDDEN_IDS}");
  (void)body_of(request, Json::value_t::object);
  const bool overwrite = flag(request, "overwrite", false);
  const auto row = commons_.database.session()->exec(
      fmt::format("insert into stand_in.metadata (guid, data) values ($1, $2::jsonb) on conflict {} "
                  "returning data, xmax = 0",
                  overwrite ? "(guid) do update set data = excluded.data" : "do nothing"),
      {guid, request.body});
  if (row.rows() == 0) return detail(409, "Conflict: " + guid);
  if (!overwrite) return document(request.body, 201);
  return document(std::string(row.text(0, 0)), row.boolean(0, 1) ? 201 : 200);
}

Answer MetadataService::replace(const Request& request) {
  authorize(request);
  (void)body_of(request, Json::value_t::object);
  const bool merge = flag(request, "merge", false);
  const auto row = commons_.database.session()->exec(
      fmt::format("update stand_in.metadata set data = {} where guid = $1 returning data",
                  merge ? "data || $2::jsonb" : "$2::jsonb"),
      {request.part("guid"), request.body});
  if (row.rows() == 0) return not_found(request.part("guid"));
  return document(merge ? std::string(row.text(0, 0)) : request.body);
}

Answer MetadataService::remove(const Request& request) {
  authorize(request);
  const auto row = commons_.database.session()->exec("delete from stand_in.metadata where guid = $1 returning data",
                                                     {request.part("guid")});
  return row.rows() == 0 ? not_found(request.part("guid")) : document(std::string(row.text(0, 0)));
}

Answer MetadataService::batch(const Request& request) {
  authorize(request);
  const auto items = body_of(request, Json::value_t::array);
  Json wrong = Json::array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].is_object()) continue;
    wrong.push_back(complaint("dict_type", {"body", i}, "Input should be a valid dictionary", items[i]));
  }
  if (!wrong.empty()) return detail(422, wrong);
  const bool overwrite = flag(request, "overwrite", true);
  Json said = {{"created", Json::array()},
               {"updated", Json::array()},
               {"conflict", Json::array()},
               {"bad_input", Json::array()}};
  auto session = commons_.database.session();
  graph::Transaction transaction(*session);
  for (const auto& item : items) {
    if (!item.contains("guid")) return internal_error();
    const auto guid = item["guid"].get<std::string>();
    if (forbidden(guid)) {
      said["bad_input"].push_back(guid);
      continue;
    }
    const auto row = session->exec(
        fmt::format(
            "insert into stand_in.metadata (guid, data) values ($1, $2::jsonb) on conflict {} returning xmax = 0",
            overwrite ? "(guid) do update set data = excluded.data" : "do nothing"),
        {guid, item.value("data", Json()).dump()});
    said[row.rows() == 0 ? "conflict" : row.boolean(0, 0) ? "created" : "updated"].push_back(guid);
  }
  transaction.commit();
  return json_answer(said, 201);
}

}  // namespace etl::stand_in
