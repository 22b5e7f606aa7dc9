#include "files/manifest.hpp"

namespace etl::files {
namespace {

constexpr int state_ok = 0;
constexpr int state_clashed = 1;
constexpr int state_chosen = 2;

constexpr const char* columns = "did, name, size, md5, root, file, device, inode, mtime, place";

Document document_in(const sqlite::Statement& row) {
  Document out;
  out.did = row.text(0);
  out.name = row.text(1);
  out.size = static_cast<std::uint64_t>(row.integer(2));
  out.md5 = row.text(3);
  out.location = {.root = static_cast<std::uint64_t>(row.integer(4)),
                  .name = row.text(5),
                  .device = static_cast<std::uint64_t>(row.integer(6)),
                  .inode = static_cast<std::uint64_t>(row.integer(7)),
                  .size = out.size,
                  .mtime_ns = row.integer(8)};
  out.place = row.text(9);
  return out;
}

}  // namespace

Manifest::Manifest(const documents::Locator* locator)
    : locator_(locator), database_("") {  // to SQLite: a file of its own that has no name
  database_.execute(
      "create table document (did text not null unique, name text, size integer, md5 text, root integer, file text,"
      " device integer, inode integer, mtime integer, place text, state integer not null default 0, id integer primary "
      "key);"
      "create table deletion (did text primary key) without rowid");
  insert_ = database_.prepare(
      "insert into document (did, name, size, md5, root, file, device, inode, mtime, place)"
      " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) on conflict do nothing");
  look_ = database_.prepare(std::string("select ") + columns + ", state from document where did = ?1");
}

Manifest::Added Manifest::add(const Document& document) {
  insert_
      ->bind(document.did, document.name, document.size, document.md5, document.location.root, document.location.name,
             document.location.device, document.location.inode, document.location.mtime_ns, document.place)
      .run();
  if (database_.changes() == 1) return Added::added;
  if (!look_->bind(document.did).step()) return Added::added;
  const Document there = document_in(*look_);
  const bool clashed = look_->integer(10) == state_clashed;
  static_cast<void>(look_->step());
  if (clashed) return Added::clashed_again;
  if (there.name == document.name && there.size == document.size && there.md5 == document.md5 &&
      there.location.root == document.location.root && there.location.name == document.location.name) {
    return Added::repeated;
  }
  database_.prepare("update document set state = ?2 where did = ?1").bind(document.did, state_clashed).run();
  return Added::clashed;
}

void Manifest::note_deleted(const std::string& did) {
  database_.prepare("insert into deletion (did) values (?1) on conflict do nothing").bind(did).run();
}

bool Manifest::is_deleted(const std::string& did) {
  auto row = database_.prepare("select 1 from deletion where did = ?1");
  return row.bind(did).step();
}

std::vector<Document> Manifest::next(std::int64_t& cursor, std::size_t most) {
  std::vector<Document> out;
  auto rows = database_.prepare(std::string("select ") + columns +
                                ", id from document where id > ?1 and state = ?2 order by id limit ?3");
  rows.bind(cursor, state_ok, static_cast<std::int64_t>(most));
  while (rows.step()) {
    out.push_back(document_in(rows));
    out.back().locator = locator_;
    cursor = rows.integer(10);
  }
  return out;
}

std::optional<Document> Manifest::find(const std::string& did) {
  if (!look_->bind(did).step()) return std::nullopt;
  Document found = document_in(*look_);
  found.locator = locator_;
  static_cast<void>(look_->step());
  return found;
}

void Manifest::choose(const std::string& did) {
  database_.prepare("update document set state = ?2 where did = ?1 and state = ?3")
      .bind(did, state_chosen, state_ok)
      .run();
}

void Manifest::keep_chosen() {
  database_.execute("update document set state = 3 where state = 0; update document set state = 0 where state = 2");
}

std::uint64_t Manifest::one_number(const char* sql) {
  auto row = database_.prepare(sql);
  row.bind(state_ok);
  return row.step() ? static_cast<std::uint64_t>(row.integer(0)) : 0;
}

std::uint64_t Manifest::files() { return one_number("select count(*) from document where state = ?1"); }
std::uint64_t Manifest::bytes() { return one_number("select sum(size) from document where state = ?1"); }

}  // namespace etl::files
