#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "graph/connection/connection.hpp"

namespace etl::graph {

/// Rows into the database: `COPY table (columns) FROM STDIN`, text or binary as the statement says. While one lives
/// the connection does nothing else. Without finish() the COPY is aborted, and with it its transaction.
class CopyIn {
 public:
  CopyIn(Connection& connection, const std::string& sql);
  ~CopyIn();
  CopyIn(const CopyIn&) = delete;
  CopyIn& operator=(const CopyIn&) = delete;

  /// Any piece of the stream; pieces of 64 KiB to 1 MiB are best. A row that the server refuses is told by finish()
  /// alone, so a COPY should not be long: libpq knows no way to ask in between.
  void write(std::string_view data);

  /// Ends the stream; answers the number of rows. Throws the server's error.
  std::int64_t finish();

 private:
  std::int64_t end(const char* reason);

  Connection& connection_;
  bool open_ = true;
};

/// Rows out of the database: `COPY … TO STDOUT`. Without reading to the end the rest is thrown away. A stop ends it.
class CopyOut {
 public:
  CopyOut(Connection& connection, const std::string& sql);
  ~CopyOut();
  CopyOut(const CopyOut&) = delete;
  CopyOut& operator=(const CopyOut&) = delete;

  /// The next piece (a row; in text format with its line end; in binary format the first has the header before it, and
  /// the trailer is the last), valid until the next call. False at the end.
  [[nodiscard]] bool read(std::string_view& row);

 private:
  struct Free {
    void operator()(char* buffer) const { PQfreemem(buffer); }
  };
  Connection& connection_;
  std::optional<StatementStop::Running> running_;
  std::optional<Waiting> waiting_;
  std::unique_ptr<char, Free> buffer_;
  bool open_ = true;
};

}  // namespace etl::graph
