#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/bounded_json.hpp"
#include "base/secrets.hpp"
#include "checks/doctor.hpp"
#include "config/search_address.hpp"
#include "net/http.hpp"

namespace etl::checks {
namespace {

using nlohmann::json;

net::Response get(net::HttpClient& http, const std::string& url) { return http.send({.method = "GET", .url = url}); }

std::string text_at(const json& object, const char* outer, const char* inner) {
  const auto found = object.find(outer);
  if (found == object.end() || !found->is_object()) return {};
  const auto value = found->find(inner);
  return value != found->end() && value->is_string() ? value->get<std::string>() : std::string{};
}

}  // namespace

void check_search(Report& report, const config::Settings& settings, const config::Environment& environment,
                  const std::stop_token& stop) {
  const auto address = config::search_address(settings, environment);
  if (!address) {
    report.warn("search server", "it is not known where it is",
                "set ELASTICSEARCH_URL, where this commons has search indexes");
    return;
  }
  std::string url = address->text;
  secrets::add_from_address(url);
  while (url.ends_with('/')) url.pop_back();
  net::HttpClient http({.attempts = 2}, stop);
  report.guard("search server", [&] {
    const auto answer = get(http, url + "/");
    const json said = try_parse_json(answer.body);
    const std::string version = said.is_object() ? text_at(said, "version", "number") : "";
    const std::string shown = net::without_query(url);
    if (!answer.ok() || version.empty()) {
      report.fail("search server",
                  fmt::format("{} answers HTTP {}, not as Elasticsearch or OpenSearch", shown, answer.status),
                  "check ELASTICSEARCH_URL and its user",
                  answer.status == 401 || answer.status == 403 ? ExitCode::not_allowed : ExitCode::unavailable);
      return;
    }
    const std::string kind = text_at(said, "version", "distribution");
    report.ok("search server", fmt::format("{}: {} {}", shown, kind.empty() ? "elasticsearch" : kind, version));
    const auto aliases = get(http, url + "/_alias");
    const json all = try_parse_json(aliases.body);
    if (!aliases.ok() || !all.is_object()) {
      report.warn("search aliases", fmt::format("HTTP {}", aliases.status), "may this user list them?");
      return;
    }
    std::size_t names = 0;
    for (const auto& [index, what] : all.items()) {
      if (const auto found = what.find("aliases"); found != what.end()) names += found->size();
    }
    report.ok("search aliases", fmt::format("{} on {} indexes", names, all.size()));
  });
}

}  // namespace etl::checks
