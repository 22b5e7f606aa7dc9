#include "run/identity.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/error.hpp"
#include "base/version.hpp"
#include "config/database.hpp"
#include "config/search_address.hpp"
#include "gen3/session.hpp"
#include "gen3/settings.hpp"
#include "net/url.hpp"

namespace etl::run {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

std::string commons_of(const config::Settings& settings) {
  try {
    if (!gen3::has_commons(settings)) return {};
    net::HttpClient http(net::HttpOptions{});
    return net::without_query(gen3::Session(gen3::session_options(settings), http).endpoint());
  } catch (const Error&) {
    return {};
  }
}

std::string database_of(const config::Settings& settings) {
  try {
    const auto address = config::database_address(settings);
    if (address.host.empty() && address.database.empty()) return {};
    const std::string host = address.host.empty() ? "localhost" : address.host;
    return fmt::format("{} at {}{}{}", address.database.empty() ? "the user's database" : address.database, host,
                       address.port.empty() ? "" : ":", address.port);
  } catch (const Error&) {
    return {};
  }
}

std::string search_of(const config::Settings& settings) {
  const auto address = config::search_address(settings);
  return address ? config::shown(*address) : std::string();
}

std::string etl_yaml_of(const config::Settings& settings) {
  const auto file = settings.get("etl_yaml");
  if (!file) return {};
  std::error_code ignored;
  const auto path = std::filesystem::absolute(file->text, ignored);
  return ignored ? file->text : path.lexically_normal().string();
}

}  // namespace

Identity identity_of(const config::Settings& settings) {
  return {.commons = commons_of(settings),
          .database = database_of(settings),
          .search = search_of(settings),
          .etl_yaml = etl_yaml_of(settings),
          .version = std::string(version()),
          .host = host_name()};
}

std::string in_words(const Identity& identity) {
  const auto or_none = [](const std::string& text, const char* none) { return text.empty() ? none : text; };
  return fmt::format("aced-etl {} on {}: {}{}, {}{}, {}{}{}{}", identity.version, or_none(identity.host, "this host"),
                     identity.commons.empty() ? "" : "commons ", or_none(identity.commons, "no commons"),
                     identity.database.empty() ? "" : "database ", or_none(identity.database, "no database named"),
                     identity.search.empty() ? "" : "search server ", identity.search,
                     identity.search.empty() ? "" : ", ", or_none(identity.etl_yaml, "no etl.yaml"));
}

}  // namespace etl::run
