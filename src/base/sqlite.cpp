#include "base/sqlite.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/access.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"
#include "base/log.hpp"
#include "base/unique_fd.hpp"

namespace etl::sqlite {
namespace {

/// How long another process may write before we give up.
constexpr int kBusyMilliseconds = 30'000;

/// Why no file can be made in the folder of `path`; 0 where that is not known. SQLite tries a file that it cannot make
/// once more, to read it, and so only knows that it is not there.
int creation_error(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  const UniqueFd probe(
      ::open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  return probe ? 0 : errno;
}

/// `system_error`: the errno behind the failure, 0 when there is none or it is not known.
[[noreturn]] void fail(int code, const char* message, const std::string& path, int system_error) {
  refuse_if_exhausted((code & 0xFF) == SQLITE_FULL ? ENOSPC : system_error, std::filesystem::path(path));
  if ((code & 0xFF) == SQLITE_CANTOPEN) refuse_if_exhausted(creation_error(path), std::filesystem::path(path));
  const std::string what = fmt::format("SQLite: {}", message);
  switch (code & 0xFF) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      throw UsageError(what, path, "it is not a journal of aced-etl, or it is damaged: move it away, then run again");
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      throw UsageError(what, path, "name a folder that this user may write to: --state-dir, $ACED_ETL_STATE_DIR");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw UnavailableError(what, path, "another run uses it: run again when that run has ended");
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      throw UnavailableError(what, path, "check the disk or name another --state-dir, then run again");
    default:
      throw InternalError(what, path);
  }
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  make_folders(folder, Access::owner, error);
  if (!error) return;
  refuse_if_exhausted(error.value(), folder);
  throw UsageError("cannot make the folder: " + error.message(), folder.string());
}

/// A journal that is a link, or has further hard links, would make SQLite write what somebody else chose. SQLite
/// itself opens its companions (`-wal`, `-shm`, `-journal`) with O_NOFOLLOW; with hard links they would do the same.
/// The file is not opened here: closing a second descriptor would drop SQLite's locks.
void refuse_foreign(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    const std::string name = path + suffix;
    struct stat about {};
    if (::lstat(name.c_str(), &about) != 0) continue;
    const auto self = ::geteuid();
    if (S_ISREG(about.st_mode) && about.st_nlink == 1 && (about.st_uid == self || self == 0)) continue;
    throw UsageError(
        "the name of a journal is taken by a symbolic link, or by something that is not a file of this user", name,
        "find out what it is and who created it, then remove it");
  }
}

/// The path with the folder's own links resolved: SQLITE_OPEN_NOFOLLOW refuses a link anywhere in it. An empty path is
/// a temporary database, for SQLite to place.
std::filesystem::path without_links(const std::filesystem::path& path) {
  if (path.empty()) return path;
  std::error_code error;
  const auto folder = std::filesystem::canonical(path.has_parent_path() ? path.parent_path() : ".", error);
  return error ? path : folder / path.filename();
}

}  // namespace

Statement::Statement(sqlite3* database, const std::string& path, std::string_view sql)
    : database_(database), path_(path) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &made, nullptr);
  statement_.reset(made);
  if (code != SQLITE_OK) fail(code, sqlite3_errmsg(database_), path_, sqlite3_system_errno(database_));
}

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::reset() {
  sqlite3_reset(statement_.get());  // it repeats the error of the last step, which was thrown there
  sqlite3_clear_bindings(statement_.get());
}

void Statement::bind_one(int place, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), place, value);
  if (code != SQLITE_OK) fail(code, sqlite3_errmsg(database_), path_, sqlite3_system_errno(database_));
}

void Statement::bind_one(int place, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  const int code = sqlite3_bind_text64(statement_.get(), place, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) fail(code, sqlite3_errmsg(database_), path_, sqlite3_system_errno(database_));
}

void Statement::bind_one(int place, std::nullptr_t) {
  const int code = sqlite3_bind_null(statement_.get(), place);
  if (code != SQLITE_OK) fail(code, sqlite3_errmsg(database_), path_, sqlite3_system_errno(database_));
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());  // ends the read transaction
    return false;
  }
  const std::string message = sqlite3_errmsg(database_);
  const int system_error = sqlite3_system_errno(database_);
  sqlite3_reset(statement_.get());
  fail(code, message.c_str(), path_, system_error);
}

void Statement::run() {
  while (step()) {
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::text(int column) const {
  const auto* data = sqlite3_column_text(statement_.get(), column);
  if (data == nullptr) return {};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): SQLite's text is unsigned
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

Database::Database(const std::filesystem::path& path) : path_(path) {
  make_folder(path_.parent_path());
  const auto place = without_links(path_);
  if (!place.empty()) refuse_foreign(place);
  sqlite3* opened = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
  const int code = sqlite3_open_v2(place.c_str(), &opened, flags, nullptr);
  database_.reset(opened);
  if (code != SQLITE_OK) {
    fail(code, opened != nullptr ? sqlite3_errmsg(opened) : "out of memory", path_.string(),
         opened != nullptr ? sqlite3_system_errno(opened) : 0);
  }
  sqlite3_busy_timeout(opened, kBusyMilliseconds);
  // A journal names files of a study. Those of earlier versions may be readable for all.
  if (!place.empty() && ::fchmodat(AT_FDCWD, place.c_str(), S_IRUSR | S_IWUSR, AT_SYMLINK_NOFOLLOW) != 0)
    log::debug("{}: its permissions cannot be changed", path_.string());
  // A file system that cannot share memory has no write-ahead log; SQLite then keeps its older way, which serves, too.
  execute("pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on");
}

void Database::Closer::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    fail(code, sqlite3_errmsg(database_.get()), path_.string(), sqlite3_system_errno(database_.get()));
  }
}

Statement Database::prepare(std::string_view sql) { return {database_.get(), path_.string(), sql}; }

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(database_.get()); }
std::int64_t Database::changes() const { return sqlite3_changes64(database_.get()); }

Transaction::Transaction(Database& database) : database_(database) { database_.execute("begin immediate"); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("rollback");
  } catch (const Error& error) {  // SQLite has rolled back by itself
    log::debug("{}", error.what());
  }
}

void Transaction::commit() {
  database_.execute("commit");
  open_ = false;
}

}  // namespace etl::sqlite
