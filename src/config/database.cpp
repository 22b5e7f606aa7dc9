#include "config/database.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

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

bool is_set(const Environment& environment, const char* name) {
  const auto value = environment(name);
  return value && !value->empty();
}

/// The variable by which libpq would find a server that no setting names; null when there is none.
const char* server_variable(const Environment& environment) {
  for (const char* name : {"PGHOSTADDR", "PGSERVICE"}) {
    if (is_set(environment, name)) return name;
  }
  return nullptr;
}

void explain_absence(DatabaseAddress& address, const Settings& settings, const Environment& environment) {
  const std::filesystem::path folder = std::filesystem::path(settings.require("creds")) / "sheepdog-creds";
  const char* variable = server_variable(environment);
  std::error_code unreadable;
  const bool mounted = std::filesystem::exists(folder, unreadable);
  if (address.host.empty() && address.port.empty() && address.database.empty() && variable == nullptr) {
    address.unnamed = fmt::format("no database is named: {} {} and PGHOST is not set", folder.string(),
                                  mounted ? "has no `host`" : "is not mounted");
  }
  const bool elsewhere = !address.host.empty() || variable != nullptr;
  if (elsewhere && mounted && address.password.empty() && settings.layer_of("database.host") != Layer::mounted) {
    address.unused_secret = fmt::format(
        "the mounted secret {} is not used, because {} names the server: set PGUSER and PGPASSWORD too, or "
        "remove that setting to use the secret",
        folder.string(), address.host.empty() ? variable : settings.get("database.host")->origin);
  }
}

}  // namespace

DatabaseAddress database_address(const Settings& settings, const Environment& environment) {
  const auto text = [&](std::string_view key) {
    auto value = settings.get(key);
    return value ? std::move(value->text) : std::string{};
  };
  DatabaseAddress address{text("database.host"),
                          text("database.port"),
                          text("database.name"),
                          text("database.user"),
                          text("database.password"),
                          "libpq's default",
                          {},
                          {}};
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
  explain_absence(address, settings, environment);
  return address;
}

}  // namespace etl::config
