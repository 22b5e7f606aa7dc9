#include "studies/state.hpp"

#include <fmt/chrono.h>

#include <chrono>

#include "base/error.hpp"
#include "base/log.hpp"
#include "config/folder.hpp"

namespace etl::studies {
namespace {

constexpr const char* kFile = "studies.db";

}  // namespace

sqlite::Database open_state(const std::filesystem::path& state_dir) {
  sqlite::Database database(state_dir / kFile);
  database.execute(
      "create table if not exists loads (project text not null, study text not null, finished text not null, "
      "primary key (project, study)) without rowid");
  return database;
}

bool state_exists(const std::filesystem::path& state_dir) {
  std::error_code unreadable;
  return std::filesystem::exists(state_dir / kFile, unreadable);
}

void note_load(const config::Settings& settings, const std::string& project, const std::filesystem::path& study) {
  try {
    if (!std::filesystem::is_directory(study)) return;
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    auto database = open_state(config::folder(settings, "state_dir"));
    database.prepare("insert or replace into loads values (?1, ?2, ?3)")
        .bind(project, std::filesystem::weakly_canonical(study).string(), fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", now))
        .run();
  } catch (const std::exception& error) {
    log::warn("cannot record the date of this load for `studies ls`: {}", error.what());
  }
}

std::vector<Load> last_loads(const std::filesystem::path& state_dir, const std::filesystem::path& study) {
  std::vector<Load> found;
  if (!state_exists(state_dir)) return found;
  auto database = open_state(state_dir);
  const auto folder = std::filesystem::weakly_canonical(study).string();
  auto query = database.prepare(
      "select project, max(finished) from loads where study = ?1 or (study > ?1 || '/' and study < ?1 || '0') "
      "group by project order by 2 desc, 1");
  query.bind(folder);
  while (query.step()) found.push_back({query.text(0), query.text(1)});
  return found;
}

}  // namespace etl::studies
