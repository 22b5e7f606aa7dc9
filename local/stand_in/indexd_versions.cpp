#include "stand_in/indexd.hpp"
#include "stand_in/json_body.hpp"

// Versions of a record (they share a baseid), and its aliases.

namespace etl::stand_in {
namespace {

std::vector<std::string> values(const Json& body) {
  std::vector<std::string> names;
  for (const auto& alias : body.value("aliases", Json::array())) names.push_back(alias.value("value", ""));
  return names;
}

Json alias_list(const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const auto& name : names) list.push_back({{"value", name}});
  return {{"aliases", list}};
}

std::string quoted(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return "[" + text + "]";
}

}  // namespace

void Indexd::add_version_routes(Router& router) {
  router.add("GET", "/index/index/{did*}/versions", [this](const Request& request) {
    Json all = Json::object();
    for (const auto& record : records_.versions(record_or_404(request.part("did"))["baseid"].get<std::string>())) {
      all[std::to_string(all.size())] = record;
    }
    return json_answer(all);
  });
  router.add("PUT", "/index/index/{did*}/versions", [this](const Request& request) { return share_authz(request); });
  router.add("GET", "/index/index/{did*}/latest", [this](const Request& request) {
    const auto versions = records_.versions(record_or_404(request.part("did"))["baseid"].get<std::string>());
    const bool versioned = request.param("has_version") == "true" || request.param("has_version") == "True";
    for (auto record = versions.rbegin(); record != versions.rend(); ++record) {  // clang 14 has no reverse_view
      if (!versioned || !(*record)["version"].is_null()) return json_answer(*record);
    }
    return indexd_error(404, "no record found");
  });
}

Answer Indexd::add_version(const Request& request, bool blank) {
  const auto body = indexd_body(request);
  if (!blank) check_new_record(body);
  const auto old = record_or_404(request.part("did"));
  const auto authz = body.contains("authz") ? body["authz"] : Json::array();
  authorize(request, "update", string_list(old["authz"]));
  if (!authz.empty()) authorize(request, "update", string_list(authz));
  auto record = blank ? blank_record(commons_.fence.get()->did_prefix) : new_record(body);
  if (blank) {
    apply(body, record);
  } else {
    record["uploader"] = nullptr;  // indexd forgets it here
  }
  record["baseid"] = old["baseid"];
  if (!records_.add(record)) {
    return indexd_error(409, "did \"" + record["did"].get<std::string>() + "\" already exists");
  }
  return json_answer(identity(record), blank ? 201 : 200);
}

Answer Indexd::share_authz(const Request& request) {
  const auto body = indexd_body(request);
  const auto first = record_or_404(request.part("did"));
  Json changed = Json::array();
  for (auto record : records_.versions(first["baseid"].get<std::string>())) {
    authorize(request, "update", string_list(record["authz"]));
    apply(body, record);
    records_.change(record);
    changed.push_back(identity(record));
  }
  return json_answer(changed);
}

void Indexd::add_alias_routes(Router& router) {
  const auto did_of = [this](const Request& request) {
    const auto record = records_.find(request.part("did"), commons_.fence.get()->did_prefix);
    if (!record) throw Refusal(indexd_error(404, request.part("did")));
    return (*record)["did"].get<std::string>();
  };
  router.add("GET", "/index/index/{did*}/aliases", [this, did_of](const Request& request) {
    return json_answer(alias_list(records_.aliases(did_of(request))));
  });
  router.add("POST", "/index/index/{did*}/aliases",
             [this](const Request& request) { return put_aliases(request, false); });
  router.add("PUT", "/index/index/{did*}/aliases",
             [this](const Request& request) { return put_aliases(request, true); });
  const auto remove = [this, did_of](const Request& request, const std::string& name) {
    const auto did = did_of(request);
    authorize(request, "update", string_list(record_or_404(did)["authz"]));
    if (!records_.remove_aliases(did, name) && !name.empty()) return indexd_error(404, name);
    return json_answer("Aliases deleted successfully");
  };
  router.add("DELETE", "/index/index/{did*}/aliases", [remove](const Request& request) { return remove(request, ""); });
  router.add("DELETE", "/index/index/{did*}/aliases/{alias}",
             [remove](const Request& request) { return remove(request, request.part("alias")); });
}

Answer Indexd::put_aliases(const Request& request, bool replace) {
  const auto body = indexd_body(request);
  const auto record = records_.find(request.part("did"), commons_.fence.get()->did_prefix);
  if (!record) return indexd_error(404, request.part("did"));
  authorize(request, "update", string_list((*record)["authz"]));
  const auto did = (*record)["did"].get<std::string>();
  const auto names = values(body);
  if (replace) records_.remove_aliases(did, "");
  if (const auto taken = records_.taken(names); !taken.empty()) {
    return indexd_error(
        409, "One or more aliases in request already associated with this or another GUID: " + quoted(taken));
  }
  records_.add_aliases(did, names);
  return json_answer(alias_list(names));
}

}  // namespace etl::stand_in
