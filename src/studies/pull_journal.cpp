#include "studies/pull_journal.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "studies/state.hpp"

namespace etl::studies {
namespace {

constexpr const char* kSchema = R"(
create table if not exists files (path text primary key, etag text not null, size integer not null,
  modified_ns integer not null) without rowid;
create table if not exists downloads (path text primary key, etag text not null, size integer not null,
  part_bytes integer not null, boot text not null) without rowid;
create table if not exists parts (path text not null, part integer not null, primary key (path, part)) without rowid;
create temp table present (path text primary key) without rowid;
)";

/// Behind every path that begins with `folder`: '0' follows '/'.
std::string after(std::string folder) {
  folder.back() = '0';
  return folder;
}

sqlite::Database open(const std::filesystem::path& state_dir) {
  auto database = open_state(state_dir);
  database.execute(kSchema);
  return database;
}

}  // namespace

PullJournal::PullJournal(const std::filesystem::path& state_dir)
    : database_(open(state_dir)),
      boot_(trim(read_file_if_there("/proc/sys/kernel/random/boot_id").value_or(""))),
      find_(database_.prepare("select etag, size, modified_ns from files where path = ?1")),
      put_(database_.prepare("insert or replace into files values (?1, ?2, ?3, ?4)")),
      part_done_(database_.prepare("insert or ignore into parts values (?1, ?2)")),
      mark_(database_.prepare("insert or ignore into temp.present values (?1)")) {}

std::optional<KnownFile> PullJournal::find(const std::string& path) {
  const std::lock_guard lock(mutex_);
  find_.bind(path);
  if (!find_.step()) return std::nullopt;
  KnownFile found{find_.text(0), static_cast<std::uint64_t>(find_.integer(1)), find_.integer(2)};
  find_.bind(nullptr);  // ends the read
  return found;
}

void PullJournal::put(const std::string& path, const KnownFile& file) {
  const std::lock_guard lock(mutex_);
  put_.bind(path, file.etag, file.size, file.modified_ns).run();
}

void PullJournal::put(const std::vector<std::pair<std::string, KnownFile>>& files) {
  if (files.empty()) return;
  const std::lock_guard lock(mutex_);
  sqlite::Transaction transaction(database_);
  for (const auto& [path, file] : files) put_.bind(path, file.etag, file.size, file.modified_ns).run();
  transaction.commit();
}

void PullJournal::forget(const std::vector<std::string>& paths) {
  if (paths.empty()) return;
  const std::lock_guard lock(mutex_);
  sqlite::Transaction transaction(database_);
  auto forget = database_.prepare("delete from files where path = ?1");
  for (const auto& path : paths) forget.bind(path).run();
  transaction.commit();
}

std::vector<std::uint64_t> PullJournal::begin_parts(const std::string& path, const KnownFile& object,
                                                    std::uint64_t part_bytes, bool work_file_is_there) {
  const std::lock_guard lock(mutex_);
  sqlite::Transaction transaction(database_);
  auto known = database_.prepare(
      "select 1 from downloads where path = ?1 and etag = ?2 and size = ?3 and part_bytes = ?4 and boot = ?5");
  known.bind(path, object.etag, object.size, part_bytes, boot_);
  const bool same = work_file_is_there && !boot_.empty() && known.step();
  known.bind(nullptr);
  std::vector<std::uint64_t> done;
  if (same) {
    auto parts = database_.prepare("select part from parts where path = ?1 order by part");
    parts.bind(path);
    while (parts.step()) done.push_back(static_cast<std::uint64_t>(parts.integer(0)));
  } else {
    database_.prepare("delete from parts where path = ?1").bind(path).run();
    database_.prepare("insert or replace into downloads values (?1, ?2, ?3, ?4, ?5)")
        .bind(path, object.etag, object.size, part_bytes, boot_)
        .run();
  }
  transaction.commit();
  return done;
}

void PullJournal::part_done(const std::string& path, std::uint64_t part) {
  const std::lock_guard lock(mutex_);
  part_done_.bind(path, part).run();
}

std::vector<std::string> PullJournal::unfinished(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare("select path from downloads where path > ?1 and path < ?2 order by path");
  query.bind(folder, after(folder));
  std::vector<std::string> found;
  while (query.step()) found.push_back(query.text(0));
  return found;
}

void PullJournal::forget_parts(const std::string& path) {
  const std::lock_guard lock(mutex_);
  sqlite::Transaction transaction(database_);
  database_.prepare("delete from downloads where path = ?1").bind(path).run();
  database_.prepare("delete from parts where path = ?1").bind(path).run();
  transaction.commit();
}

void PullJournal::mark_present(const std::string& path) {
  const std::lock_guard lock(mutex_);
  mark_.bind(path).run();
}

std::vector<std::pair<std::string, KnownFile>> PullJournal::absent(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare(
      "select path, etag, size, modified_ns from files where path > ?1 and path < ?2 "
      "and path not in (select path from temp.present) order by path");
  query.bind(folder, after(folder));
  std::vector<std::pair<std::string, KnownFile>> found;
  while (query.step()) {
    found.emplace_back(query.text(0),
                       KnownFile{query.text(1), static_cast<std::uint64_t>(query.integer(2)), query.integer(3)});
  }
  return found;
}

}  // namespace etl::studies
