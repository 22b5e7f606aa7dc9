#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/text.hpp"
#include "checks/doctor.hpp"
#include "config/folder.hpp"

namespace etl::checks {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t little = std::uintmax_t{1} << 30U;

void check_disk(Report& report, const std::string& name, const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error) {
    report.fail(name, folder.string() + ": " + error.message(), "is it mounted?", ExitCode::usage);
  } else if (space.available < little) {
    report.warn(name, fmt::format("{}: {} free", folder.string(), human_bytes(space.available)),
                "make room, or name another folder");
  } else {
    report.ok(name, fmt::format("{}: {} free", folder.string(), human_bytes(space.available)));
  }
}

void check_folder(Report& report, const std::string& name, const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) {
    report.warn(name, folder.string() + ": " + error.message(),
                "`aced-etl studies pull` brings it from S3, or mount it");
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
  report.guard("studies", [&] { check_folder(report, "studies", config::folder(settings, "folder.studies")); });
  report.guard("output", [&] { check_folder(report, "output", config::folder(settings, "folder.output")); });
  check_disk(report, "temporary files", settings.require("temp_dir"));
}

}  // namespace etl::checks
