#include "run/journal.hpp"

namespace etl::run {
namespace {

constexpr const char* kFile = "run.db";

}  // namespace

Journal::Journal(const std::filesystem::path& state_dir) : database_(state_dir / kFile) {
  database_.execute(
      "create table if not exists valid (study text primary key, mark text not null, resources integer not null, "
      "warnings integer not null) without rowid;"
      "create table if not exists runs (which text primary key, began integer not null, ended integer not null) "
      "without rowid");
}

void Journal::note_valid(const std::filesystem::path& study, const Valid& valid) {
  database_.prepare("insert or replace into valid values (?1, ?2, ?3, ?4)")
      .bind(std::filesystem::weakly_canonical(study).string(), valid.mark, valid.resources, valid.warnings)
      .run();
}

std::optional<Journal::Valid> Journal::read_valid(const std::filesystem::path& state_dir,
                                                  const std::filesystem::path& study) {
  std::error_code unreadable;
  if (!std::filesystem::exists(state_dir / kFile, unreadable)) return std::nullopt;
  Journal journal(state_dir);
  auto query = journal.database_.prepare("select mark, resources, warnings from valid where study = ?1");
  query.bind(std::filesystem::weakly_canonical(study).string());
  if (!query.step()) return std::nullopt;
  return Valid{query.text(0), static_cast<std::uint64_t>(query.integer(1)),
               static_cast<std::uint64_t>(query.integer(2))};
}

void Journal::note_begin(const std::string& which, Time time) {
  database_.prepare("insert or replace into runs values (?1, ?2, 0)")
      .bind(which, time.time_since_epoch().count())
      .run();
}

void Journal::note_end(const std::string& which) {
  database_.prepare("update runs set ended = 1 where which = ?1").bind(which).run();
}

std::optional<Journal::Time> Journal::last_begin(const std::string& which) {
  auto query = database_.prepare("select began from runs where which = ?1 and ended = 1");
  query.bind(which);
  if (!query.step()) return std::nullopt;
  return Time(std::chrono::seconds(query.integer(0)));
}

}  // namespace etl::run
