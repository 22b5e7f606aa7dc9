#include "search/address.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "base/address_text.hpp"
#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/loopback.hpp"
#include "base/secrets.hpp"
#include "config/search_address.hpp"
#include "net/encode.hpp"
#include "net/url.hpp"

namespace etl::search {
namespace {

std::string basic(std::string_view user, std::string_view password) {
  const std::string encoded = base64(fmt::format("{}:{}", user, password));
  secrets::add(encoded);
  return "Basic " + encoded;
}

/// Takes `user:password@` out of an address.
std::optional<std::string> take_login(std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return std::nullopt;
  const auto begin = scheme + 3;
  const auto host_end = std::min(url.find_first_of("/?#", begin), url.size());
  const auto at = url.rfind('@', host_end);
  if (at == std::string::npos || at < begin) return std::nullopt;
  const std::string login = url.substr(begin, at - begin);
  url.erase(begin, at + 1 - begin);
  const auto colon = login.find(':');
  const std::string user = net::percent_decode(login.substr(0, colon));
  const std::string password = colon == std::string::npos ? "" : net::percent_decode(login.substr(colon + 1));
  if (!password.empty()) secrets::add(password);
  return basic(user, password);
}

}  // namespace

ServerAddress server_address(const config::Settings& settings, const config::Environment& environment) {
  const auto given = config::search_address(settings, environment);
  if (!given) {
    throw UsageError("no search server is configured", {},
                     "set ELASTICSEARCH_URL, search.url in etl.yaml, or pass --search-url");
  }
  secrets::add_from_address(given->text);
  ServerAddress address{.url = given->text, .authorization = {}, .ca_file = {}};
  const auto in_address = take_login(address.url);
  while (address.url.ends_with('/')) address.url.pop_back();
  if (address.url.find_first_of("?#") != std::string::npos) {
    throw UsageError("the address of the search server must not have a query or fragment", given->origin,
                     "give it as https://host:9200");
  }
  const std::string origin = net::origin_of(address.url);
  if (const auto ca = settings.get("search.ca_file")) address.ca_file = ca->text;
  const auto user = settings.get("search.user");
  const auto password = settings.get("search.password");
  if (const auto key = settings.get("search.api_key")) {
    address.authorization = "ApiKey " + key->text;
  } else if (user || password) {
    if (!user || !password) {
      throw UsageError(user ? "the search server's user has no password" : "the search server's password has no user",
                       (user ? user : password)->origin,
                       "set both ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD, or neither");
    }
    address.authorization = basic(user->text, password->text);
  } else if (in_address) {
    address.authorization = *in_address;
  }
  if (address.authorization.empty()) return address;
  if (!in_address && settings.from_found_file("search.url")) {
    throw UsageError("an etl.yaml that nobody named must not decide where the search server's password goes",
                     given->origin, "pass --etl-yaml etl.yaml if it is yours, or set ELASTICSEARCH_URL");
  }
  if (origin.starts_with("http:") && !is_loopback(host_of_origin(origin))) {
    log::debug("the password of the search server is sent without encryption: {} is plain http",
               shown_address(address.url));
  }
  return address;
}

}  // namespace etl::search
