#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "base/exhausted.hpp"
#include "base/text.hpp"
#include "checks/doctor.hpp"
#include "config/folder.hpp"

namespace etl::checks {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t little = std::uintmax_t{1} << 30U;

/// Of a folder that is made when it is first needed: the nearest one that exists must take it.
void check_can_be_made(Report& report, const std::string& name, const fs::path& folder) {
  fs::path nearest = fs::absolute(folder).lexically_normal();
  std::error_code error;
  while (!fs::exists(nearest, error) && nearest.has_relative_path()) nearest = nearest.parent_path();
  if (fs::is_directory(nearest, error) && ::access(nearest.c_str(), W_OK | X_OK) == 0) return;
  report.fail(
      name,
      fmt::format("{}: it cannot be made, because this user may not write to {}", folder.string(), nearest.string()),
      "name a folder that this user may write to", ExitCode::usage);
}

void check_state(Report& report, const fs::path& folder) {
  std::error_code error;
  require_writable_disk(folder);
  if (!fs::exists(folder, error)) {
    check_can_be_made(report, "state", folder);
  } else if (!fs::is_directory(folder, error) || ::access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
    report.fail("state", folder.string() + ": this user may not write here",
                "name a folder that this user may write to: --state-dir, ACED_ETL_STATE_DIR", ExitCode::usage);
  } else {
    report.ok("state", folder.string());
  }
}

void check_disk(Report& report, const std::string& name, const fs::path& folder) {
  std::error_code error;
  require_writable_disk(folder);
  const fs::space_info space = fs::space(folder, error);
  if (error) {
    report.fail(name, folder.string() + ": " + error.message(), "is it mounted?", ExitCode::usage);
  } else if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    report.fail(name, folder.string() + ": this user may not write here", "name another folder", ExitCode::usage);
  } else if (space.available < little) {
    report.warn(name, fmt::format("{}: {} free", folder.string(), human_bytes(space.available)),
                "make room, or name another folder");
  } else {
    report.ok(name, fmt::format("{}: {} free", folder.string(), human_bytes(space.available)));
  }
}

bool may_write(const fs::path& folder) { return ::access(folder.c_str(), W_OK | X_OK) == 0; }

/// `pulled`: studies pull writes here, because a source bucket is set.
void check_folder(Report& report, const std::string& name, const fs::path& folder, bool pulled) {
  std::error_code error;
  if (pulled) require_writable_disk(folder);
  fs::directory_iterator entries(folder, error);
  if (error) {
    report.warn(name, folder.string() + ": " + error.message(),
                "`aced-etl studies pull` brings it from S3, or mount it");
    const bool absent = error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
    if (pulled && absent) check_can_be_made(report, name, folder);
    return;
  }
  if (pulled && !may_write(folder)) {
    report.fail(name, folder.string() + ": this user may not write here, but source.bucket asks for a pull",
                "mount it writable, name another folder, or unset source.bucket where the folder is mounted",
                ExitCode::usage);
    return;
  }
  std::size_t folders = 0;
  for (; !error && entries != fs::directory_iterator{}; entries.increment(error)) {
    if (entries->is_directory(error)) ++folders;
  }
  report.ok(name, fmt::format("{}: {} folders", folder.string(), folders));
}

}  // namespace

void check_folders(Report& report, const config::Settings& settings) {
  const bool pulled = settings.get("source.bucket").has_value();
  report.guard("studies", [&] { check_folder(report, "studies", config::folder(settings, "folder.studies"), pulled); });
  report.guard("output", [&] { check_folder(report, "output", config::folder(settings, "folder.output"), pulled); });
  report.guard("state", [&] { check_state(report, config::folder(settings, "state_dir")); });
  report.guard("temporary files", [&] { check_disk(report, "temporary files", settings.require("temp_dir")); });
}

}  // namespace etl::checks
