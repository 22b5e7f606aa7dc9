#include <algorithm>

#include "stand_in/indexd.hpp"
#include "stand_in/json_body.hpp"

// The records in the words of GA4GH's Data Repository Service.

namespace etl::stand_in {
namespace {

Json drs_object(const Json& record, const std::string& host) {
  const auto did = record["did"].get<std::string>();
  Json methods = Json::array();
  for (const auto& url : string_list(record["urls"])) {
    const auto scheme = url.substr(0, url.find("://"));
    methods.push_back({{"access_id", scheme},
                       {"access_url", {{"url", url}}},
                       {"authorizations",
                        {{"bearer_auth_issuers", Json::array()},
                         {"drs_object_id", did},
                         {"passport_auth_issuers", Json::array()},
                         {"supported_types", Json::array()}}},
                       {"available", true},
                       {"cloud", "aws"},
                       {"region", ""},
                       {"type", scheme}});
  }
  Json checksums = Json::array();
  for (const auto& [type, value] : record["hashes"].items()) {
    checksums.push_back({{"type", type}, {"checksum", value}});
  }
  return {{"access_methods", methods},
          {"aliases", Json::array()},
          {"checksums", checksums},
          {"created_time", record["content_created_date"]},
          {"description", record["description"]},
          {"form", record["form"]},
          {"id", did},
          {"index_created_time", record["created_date"]},
          {"index_updated_time", record["updated_date"]},
          {"mime_type", "application/json"},
          {"name", record["file_name"]},
          {"self_uri", "drs://" + host + ":" + did},
          {"size", record["size"]},
          {"updated_time", record["content_updated_date"]},
          {"version", record["version"]}};
}

std::string host_of(const Request& request) { return request.origin.substr(request.origin.find("//") + 2); }

}  // namespace

void Indexd::add_drs_routes(Router& router) {
  router.add("GET", "/ga4gh/drs/v1/service-info", [this](const Request&) {
    const auto total = records_.total();
    return json_answer(
        {{"drs", {{"maxBulkRequestLength", 100}, {"objectCount", total.count}, {"totalObjectSize", total.size}}},
         {"id", "org.example.stand-in"},
         {"maxBulkRequestLength", 100},
         {"name", "DRS System"},
         {"organization", {{"name", "local"}, {"url", "http://127.0.0.1"}}},
         {"type", {{"artifact", "drs"}, {"group", "org.ga4gh"}, {"version", "1.5.0"}}},
         {"version", "1.5.0"}});
  });
  router.add("GET", "/ga4gh/drs/v1/objects", [this](const Request& request) { return list_objects(request); });
  router.add("POST", "/ga4gh/drs/v1/objects", [this](const Request& request) { return bulk_objects(request); });
  router.add("GET", "/ga4gh/drs/v1/objects/{did*}", [this](const Request& request) {
    const auto record = records_.find(request.part("did"), commons_.fence.get()->did_prefix);
    if (!record) return json_answer({{"msg", "no record found"}, {"status_code", 404}}, 404);
    return json_answer(drs_object(*record, host_of(request)));
  });
}

Answer Indexd::list_objects(const Request& request) {
  Records::Filter filter;
  filter.limit = std::clamp(std::stoll(request.param("limit").value_or("100")), 0LL, 1024LL);
  filter.after = request.param("start").value_or("");
  if (request.param("form") == "object") filter.contains["form"] = "object";
  Json objects = Json::array();
  for (const auto& record : records_.list(filter)) objects.push_back(drs_object(record, host_of(request)));
  return json_answer({{"drs_objects", objects}});
}

Answer Indexd::bulk_objects(const Request& request) {
  const auto body = indexd_body(request);
  const auto dids = string_list(body.value("bulk_object_ids", Json::array()));
  Json resolved = Json::array();
  Json unresolved = Json::array();
  for (const auto& did : dids) {
    if (const auto record = records_.find(did, commons_.fence.get()->did_prefix)) {
      resolved.push_back(drs_object(*record, host_of(request)));
    } else {
      unresolved.push_back(did);
    }
  }
  Json failures = Json::array();
  if (!unresolved.empty()) failures.push_back({{"error_code", 404}, {"object_ids", unresolved}});
  return json_answer(
      {{"resolved_drs_objects", resolved},
       {"summary", {{"requested", dids.size()}, {"resolved", resolved.size()}, {"unresolved", unresolved.size()}}},
       {"unresolved_drs_objects", failures}});
}

}  // namespace etl::stand_in
