#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite, for what a later run has to know of this one (journals). A database belongs to one thread at a time; several
/// processes may have it open, and wait for each other's writes.
namespace etl::sqlite {

/// A prepared statement. It must not outlive its database.
class Statement {
 public:
  /// Starts anew with these values for ?1, ?2, …: whole numbers, text, or nullptr.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    reset();
    int place = 0;
    (bind_one(++place, values), ...);
    return *this;
  }
  /// True when there is another row. UnavailableError when the disk is full or another process holds the database for
  /// too long.
  [[nodiscard]] bool step();
  /// To its end, for a statement without rows; it is ready to be bound again.
  void run();

  /// Of the row that step() came to; columns count from 0. NULL is 0, or an empty text.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  Statement(sqlite3* database, const std::string& path, std::string_view sql);

  void reset();
  void bind_one(int place, std::int64_t value);
  void bind_one(int place, std::uint64_t value) { bind_one(place, static_cast<std::int64_t>(value)); }
  void bind_one(int place, int value) { bind_one(place, static_cast<std::int64_t>(value)); }
  void bind_one(int place, unsigned value) { bind_one(place, static_cast<std::int64_t>(value)); }
  void bind_one(int place, bool value) { bind_one(place, static_cast<std::int64_t>(value)); }
  void bind_one(int place, std::string_view value);
  void bind_one(int place, const char* value) { bind_one(place, std::string_view(value)); }
  void bind_one(int place, const std::string& value) { bind_one(place, std::string_view(value)); }
  void bind_one(int place, std::nullptr_t);

  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  std::string path_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

class Database {
 public:
  /// Opens it, or makes it and its folder (for this user alone). Write-ahead log: readers and a writer do not wait for
  /// each other, and a process that is killed loses nothing of what was committed (a machine that loses its power may
  /// lose the last commits, never the database's order). UsageError when the folder does not let us write, or the file
  /// is no database, a symbolic link, or not this user's alone; UnavailableError when the disk fails.
  explicit Database(const std::filesystem::path& path);

  /// One or more statements without parameters and rows.
  void execute(const std::string& sql);
  [[nodiscard]] Statement prepare(std::string_view sql);
  [[nodiscard]] std::int64_t last_id() const;  ///< rowid of the last INSERT
  [[nodiscard]] std::int64_t changes() const;  ///< rows that the last INSERT, UPDATE or DELETE touched
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Closer> database_;
};

/// Many changes as one; without commit() none of them. It takes the write lock at once, so that what is read in it
/// stays true until the commit.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace etl::sqlite
