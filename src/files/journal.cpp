#include "files/journal.hpp"

#include "files/state_files.hpp"

namespace etl::files {
namespace {

/// Journals of earlier versions do not say when an object was last seen: 1970.
void add_column_seen(sqlite::Database& database) {
  sqlite::Transaction transaction(database);
  if (database.prepare("select 1 from pragma_table_info('finished') where name = 'seen'").step()) return;
  database.execute("alter table finished add column seen integer not null default 0");
  transaction.commit();
}

sqlite::Database open(const std::filesystem::path& state_folder, const std::string& endpoint) {
  sqlite::Database database(state_file(state_folder, endpoint, ".sqlite"));
  database.execute(
      "create table if not exists finished (did text primary key, size integer not null, md5 text not null,"
      " mtime integer not null, url text not null) without rowid;"
      "create table if not exists begun (did text primary key) without rowid;"
      "create table if not exists upload (did text primary key, id text not null, key text not null, bucket text not "
      "null,"
      " part_size integer not null, size integer not null, mtime integer not null, md5 text not null) without rowid;"
      "create table if not exists part (did text not null references upload on delete cascade, number integer not null,"
      " md5 text not null, etag text not null, primary key (did, number)) without rowid;");
  add_column_seen(database);
  return database;
}

}  // namespace

Journal::Journal(const std::filesystem::path& state_folder, const std::string& endpoint)
    : database_(open(state_folder, endpoint)),
      finished_(database_.prepare(
          "select seen from finished where did = ?1 and size = ?2 and md5 = ?3 and mtime = ?4 and url = ?5")),
      finish_(database_.prepare(
          "insert or replace into finished (did, size, md5, mtime, url, seen) values (?1, ?2, ?3, ?4, ?5, "
          "unixepoch())")),
      unfinish_(database_.prepare("delete from finished where did = ?1")),
      begin_(database_.prepare("insert or ignore into begun (did) values (?1)")),
      end_(database_.prepare("delete from begun where did = ?1")),
      drop_upload_(database_.prepare("delete from upload where did = ?1")) {}

std::optional<Journal::Time> Journal::finished(const Document& document, const std::string& url) {
  const std::lock_guard lock(mutex_);
  finished_.bind(document.did, document.size, document.md5, document.location.mtime_ns, url);
  if (!finished_.step()) return std::nullopt;
  const Time seen{std::chrono::seconds(finished_.integer(0))};
  finished_.bind(nullptr);  // ends the read
  return seen;
}

void Journal::finish(const Document& document, const std::string& url) {
  const std::lock_guard lock(mutex_);
  sqlite::Transaction transaction(database_);
  finish_.bind(document.did, document.size, document.md5, document.location.mtime_ns, url).run();
  end_.bind(document.did).run();
  drop_upload_.bind(document.did).run();
  transaction.commit();
}

void Journal::begin(const std::string& did) {
  const std::lock_guard lock(mutex_);
  sqlite::Transaction transaction(database_);
  unfinish_.bind(did).run();
  begin_.bind(did).run();
  transaction.commit();
}

bool Journal::begun(const std::string& did) {
  const std::lock_guard lock(mutex_);
  return database_.prepare("select 1 from begun where did = ?1").bind(did).step();
}

void Journal::forget(const std::string& did) {
  const std::lock_guard lock(mutex_);
  sqlite::Transaction transaction(database_);
  unfinish_.bind(did).run();
  end_.bind(did).run();
  drop_upload_.bind(did).run();
  transaction.commit();
}

std::optional<Journal::Upload> Journal::upload(const std::string& did) {
  const std::lock_guard lock(mutex_);
  auto row = database_.prepare("select id, key, bucket, part_size, size, mtime, md5 from upload where did = ?1");
  if (!row.bind(did).step()) return std::nullopt;
  Upload out{.id = row.text(0),
             .key = row.text(1),
             .bucket = row.text(2),
             .part_size = static_cast<std::uint64_t>(row.integer(3)),
             .size = static_cast<std::uint64_t>(row.integer(4)),
             .mtime_ns = row.integer(5),
             .md5 = row.text(6),
             .parts = {}};
  auto parts = database_.prepare("select number, md5, etag from part where did = ?1");
  parts.bind(did);
  while (parts.step()) out.parts[static_cast<unsigned>(parts.integer(0))] = {parts.text(1), parts.text(2)};
  return out;
}

void Journal::start_upload(const std::string& did, const Upload& upload) {
  const std::lock_guard lock(mutex_);
  sqlite::Transaction transaction(database_);
  drop_upload_.bind(did).run();
  database_
      .prepare(
          "insert into upload (did, id, key, bucket, part_size, size, mtime, md5) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
          "?8)")
      .bind(did, upload.id, upload.key, upload.bucket, upload.part_size, upload.size, upload.mtime_ns, upload.md5)
      .run();
  transaction.commit();
}

void Journal::add_part(const std::string& did, const std::string& upload_id, unsigned number, const Part& part) {
  const std::lock_guard lock(mutex_);
  database_
      .prepare(
          "insert or replace into part (did, number, md5, etag) select did, ?3, ?4, ?5 from upload"
          " where did = ?1 and id = ?2")
      .bind(did, upload_id, number, part.md5, part.etag)
      .run();
}

void Journal::drop_upload(const std::string& did) {
  const std::lock_guard lock(mutex_);
  drop_upload_.bind(did).run();
}

}  // namespace etl::files
