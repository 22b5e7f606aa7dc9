#include "run/used_setting.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "gen3/session.hpp"
#include "gen3/settings.hpp"
#include "net/http.hpp"
#include "net/url.hpp"

namespace etl::run {

void add_setting(std::vector<UsedSetting>& used, const config::Settings& settings, std::string_view key,
                 const std::string& what) {
  if (const auto value = settings.get(key)) used.push_back({what, config::shown(*value), value->origin});
}

void add_commons(std::vector<UsedSetting>& used, const config::Settings& settings) {
  try {
    const gen3::Session::Options options = gen3::session_options(settings);
    const auto endpoint = settings.get("gen3.endpoint");
    net::HttpClient http(net::HttpOptions{});
    used.push_back({"commons", net::without_query(gen3::Session(options, http).endpoint()),
                    endpoint ? endpoint->origin : "the issuer of the API key"});
    if (!options.access_token.empty()) {
      const auto user = gen3::read_claims(options.access_token, options.access_token_origin).user;
      used.push_back({"access token", user.empty() ? "***" : "of " + user, options.access_token_origin});
    } else if (options.key) {
      const std::string& user = options.key->claims.user;
      used.push_back({"API key",
                      user.empty() ? options.key->origin : fmt::format("{} of {}", options.key->origin, user),
                      settings.get("gen3.api_key")->origin});
    }
  } catch (const Error&) {  // the step's own error is about this
    if (used.empty()) add_setting(used, settings, "gen3.endpoint", "commons");
    add_setting(used, settings, "gen3.api_key", "API key");
  }
}

void add_database(std::vector<UsedSetting>& used, const config::Settings& settings) {
  add_setting(used, settings, "database.host", "database host");
  add_setting(used, settings, "database.port", "port");
  add_setting(used, settings, "database.name", "database");
  add_setting(used, settings, "database.user", "database user");
  if (const auto password = settings.get("database.password")) {
    used.push_back({"password", "***", password->origin});
  }
}

std::string in_words(const std::vector<UsedSetting>& used) {
  std::string text;
  for (const UsedSetting& one : used) {
    text += fmt::format("{}{} {} ({})", text.empty() ? "" : ", ", one.what, one.value, one.from);
  }
  return text;
}

}  // namespace etl::run
