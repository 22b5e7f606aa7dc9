#include "run/search_server.hpp"

#include "config/search_address.hpp"

namespace etl::run {

std::optional<std::string> no_search_server(const config::Settings& settings) {
  if (config::search_address(settings)) return std::nullopt;
  return "no search server is configured (search.url, ELASTICSEARCH_URL)";
}

void add_search_server(std::vector<UsedSetting>& used, const config::Settings& settings) {
  if (const auto address = config::search_address(settings)) {
    used.push_back({"search server", config::shown(*address), address->origin});
  }
  add_setting(used, settings, "search.api_key", "API key");
  add_setting(used, settings, "search.user", "user");
  add_setting(used, settings, "search.password", "password");
  add_setting(used, settings, "search.ca_file", "certificate authorities");
  add_setting(used, settings, "search.prefix", "prefix of indexes");
}

}  // namespace etl::run
