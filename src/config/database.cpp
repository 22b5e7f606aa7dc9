#include "config/database.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.hpp"
#include "config/mounted.hpp"

namespace etl::config {
namespace {

constexpr unsigned kHighestPort = 65535;

void check_ready(const std::filesystem::path& folder) {
  const auto values = read_mounted_folder(folder);
  const auto created = values.find("dbcreated");
  if (created != values.end() && created->second == "true") return;
  throw UnavailableError("the database is not ready: `dbcreated` is not `true`", (folder / "dbcreated").string(),
                         "wait until the commons has made its database, then run again; or name another server "
                         "with --database-host or PGHOST");
}

}  // namespace

DatabaseAddress database_address(const Settings& settings) {
  const auto text = [&](std::string_view key) {
    auto value = settings.get(key);
    return value ? std::move(value->text) : std::string{};
  };
  DatabaseAddress address{text("database.host"), text("database.port"),     text("database.name"),
                          text("database.user"), text("database.password"), "libpq's default"};
  address.lock_timeout = std::chrono::seconds(settings.number("graph.lock_timeout"));
  if (const auto host = settings.get("database.host")) address.origin = host->origin;
  for (const char* key : {"database.host", "database.port"}) {
    if (address.password.empty() || !settings.from_found_file(key)) continue;
    throw UsageError(
        fmt::format(
            "an etl.yaml that was found and not named must not decide where the database password is sent: `{}`", key),
        settings.get(key)->origin,
        "pass --etl-yaml etl.yaml if it is yours, or name the server with --database-host or PGHOST");
  }
  if (!address.port.empty() && settings.number("database.port") > kHighestPort) {
    throw UsageError("`database.port` is not a port: " + address.port, settings.get("database.port")->origin);
  }
  for (const Key& key : known_keys()) {
    if (key.name.starts_with("database.") && settings.layer_of(key.name) == Layer::mounted) {
      check_ready(std::filesystem::path(text("creds")) / "sheepdog-creds");
      break;
    }
  }
  return address;
}

}  // namespace etl::config
