#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "checks/doctor.hpp"
#include "config/fence_config.hpp"
#include "config/mounted.hpp"
#include "config/user_yaml.hpp"

namespace etl::checks {
namespace {

namespace fs = std::filesystem;

/// A mounted file, and whether it hangs in the air: Kubernetes mounts a secret's keys as links to ..data/<key>.
bool there(Report& report, const std::string& name, const fs::path& file, const std::string& advice, bool needed) {
  std::error_code error;
  if (fs::exists(file, error)) return true;
  if (fs::is_symlink(fs::symlink_status(file, error))) {
    report.fail(name,
                file.string() + " is a link to " + fs::read_symlink(file, error).string() + ", which is not there",
                "the secret or configMap has lost this key: look at it with kubectl describe", ExitCode::usage);
  } else if (needed) {
    report.fail(name, file.string() + " is not there", advice, ExitCode::usage);
  } else {
    report.warn(name, file.string() + " is not there", advice);
  }
  return false;
}

/// Whether a flag, the environment or etl.yaml names the file. Commands then fail without it.
bool is_named(const config::Settings& settings, std::string_view key) {
  return settings.layer_of(key) != config::Layer::fallback;
}

void check_database_secret(Report& report, const config::Settings& settings, const fs::path& folder) {
  const std::string name = "mount sheepdog-creds";
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    if (const auto host = settings.get("database.host")) {
      report.ok(name, "not needed: the database comes from " + host->origin);
      return;
    }
    report.warn(name, folder.string() + " is not there",
                "mount the secret sheepdog-dbcreds, or set PGHOST and the like");
    return;
  }
  for (const char* key : {"database", "dbcreated", "host", "password", "port", "username"}) {
    if (!there(report, name, folder / key, "add this key to the secret sheepdog-dbcreds",
               std::string(key) != "dbcreated"))
      return;
  }
  report.guard(name, [&] {
    const auto values = config::read_mounted_folder(folder);
    for (const char* key : {"database", "host", "password", "username"}) {
      if (const auto found = values.find(key); found == values.end() || found->second.empty()) {
        report.fail(name, (folder / key).string() + " is empty", "fill this key of the secret sheepdog-dbcreds",
                    ExitCode::usage);
        return;
      }
    }
    const auto created = values.find("dbcreated");
    if (created != values.end() && created->second != "true") {
      report.fail(name, "dbcreated is '" + created->second + "': the commons has not made its database yet",
                  "wait for the commons' database job", ExitCode::unavailable);
      return;
    }
    report.ok(name, folder.string());
  });
}

}  // namespace

void check_mounts(Report& report, const config::Settings& settings) {
  const fs::path creds = settings.require("creds");
  check_database_secret(report, settings, creds / "sheepdog-creds");
  const fs::path users = settings.require("user_yaml");
  if (there(report, "mount user.yaml", users, "mount the configMap useryaml", is_named(settings, "user_yaml"))) {
    report.guard("mount user.yaml", [&] {
      const auto content = config::read_user_yaml(users.string());
      report.ok("mount user.yaml", users.string() + ": " + std::to_string(content.projects.size()) + " projects");
      for (const std::string& warning : content.warnings) {
        report.warn("user.yaml", warning, "tell the team whose program it is; the other projects are not affected");
      }
    });
  }
  const fs::path fence = settings.require("fence_config");
  if (there(report, "mount fence-config.yaml", fence,
            "mount the secret fence-config; without it nobody knows which buckets take uploads",
            is_named(settings, "fence_config"))) {
    report.guard("mount fence-config.yaml", [&] {
      const auto config = config::read_fence_config(fence);
      report.ok("mount fence-config.yaml", fence.string() + ": " + std::to_string(config.buckets.size()) + " buckets");
    });
  }
}

}  // namespace etl::checks
