#include <fmt/format.h>

#include "net/encode.hpp"
#include "stand_in/fence.hpp"
#include "stand_in/html.hpp"
#include "stand_in/json_body.hpp"

// Signed URLs to download with.

namespace etl::stand_in {

void Fence::add_download_routes(Router& router) {
  router.add("POST", "/user/data/download/bulk", [this](const Request& request) { return download_bulk(request); });
  router.add("GET", "/user/data/download/{guid*}", [this](const Request& request) { return download_url(request); });
  router.add("GET", "/ga4gh/drs/v1/objects/{guid*}/access/{method}", [this](const Request& request) {
    const auto record = record_or_404(request.part("guid"));
    require_file_right(request, record, "read-storage");
    return json_answer({{"url", location(request, record, request.part("method"))}});
  });
}

Answer Fence::download_url(const Request& request) {
  const auto record = record_or_404(request.part("guid"));
  require_file_right(request, record, "read-storage");
  const auto url = location(request, record, request.param("protocol"));
  if (!request.param("redirect")) return json_answer({{"url", url}});
  auto page = flask_page(302, "You should be redirected to the file.");
  page.headers.emplace_back("Location", url);
  return page;
}

Answer Fence::download_bulk(const Request& request) {
  const auto body = fence_body(request, {"guids"});
  Json urls = Json::array();
  std::map<int, Json> failed;
  for (const auto& guid : body["guids"]) {
    const auto did = guid.get<std::string>();
    try {
      const auto record = record_or_404(did);
      require_file_right(request, record, "read-storage");
      urls.push_back({{"drs_object_id", did}, {"url", location(request, record, std::nullopt)}});
    } catch (const Refusal& refusal) {
      failed[refusal.answer().status].push_back(did);
    }
  }
  Json failures = Json::array();
  for (const auto& [status, dids] : failed) failures.push_back({{"error_code", status}, {"object_ids", dids}});
  return json_answer({{"failed_guids", failures}, {"urls", urls}});
}

std::string Fence::location(const Request& request, const Json& record, const std::optional<std::string>& protocol) {
  const auto config = commons_.fence.get();
  const auto lifetime = url_lifetime(request.param("expires_in"), config->longest_url);
  const auto did = record["did"].get<std::string>();
  if (record["urls"].empty()) throw Refusal(fence_page(404, "Can't find any file locations."));
  std::string url;
  for (const auto& each : record["urls"]) {
    const auto text = each.get<std::string>();
    if (url.empty() && (!protocol || text.starts_with(*protocol + "://"))) url = text;
  }
  if (url.empty()) {
    throw Refusal(fence_page(
        404, "File " + did + " does not have a location with specified protocol " + protocol.value_or("") + "."));
  }
  const auto scheme = url.substr(0, url.find("://"));
  if (scheme == "http" || scheme == "https") return url;
  if (scheme != "s3") throw Refusal(fence_page(400, "The specified protocol " + scheme + " is not supported"));
  const auto slash = std::min(url.find('/', 5), url.size());
  const auto where = place(*config, url.substr(5, slash - 5), url.substr(std::min(slash + 1, url.size())));
  if (request.param("no_force_sign") == "true" || where.bucket.key.access_key_id.empty()) return store_.url(where);
  const auto token = commons_.tokens.of_header(request.authorization);
  const auto query = token.good()
                         ? fmt::format("user_id={}&username={}&client_id=", commons_.users.get()->number_of(token.user),
                                       net::percent_encode(token.user))
                         : std::string("user_id=-1&username=anonymous&client_id=");
  return store_.sign("GET", where, query, lifetime, request.mischief.expired_url);
}

}  // namespace etl::stand_in
