#include "graph/connection/copy.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace etl::graph {
namespace {

constexpr std::size_t largest_piece = std::size_t{1} << 20U;  // libpq counts in int

}  // namespace

CopyIn::CopyIn(Connection& connection, const std::string& sql) : connection_(connection) {
  const auto result = connection_.exec(sql);
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) throw InternalError("not a COPY … FROM STDIN: " + sql);
}

CopyIn::~CopyIn() {
  if (!open_) return;
  PQputCopyEnd(connection_.raw(), "given up by the client");
  while (auto* result = PQgetResult(connection_.raw())) PQclear(result);
}

void CopyIn::write(std::string_view data) {
  Waiting waiting(connection_.waits_for("COPY"));
  while (!data.empty()) {
    const auto piece = data.substr(0, largest_piece);
    data.remove_prefix(piece.size());
    if (PQputCopyData(connection_.raw(), piece.data(), static_cast<int>(piece.size())) != 1) {
      end("given up after a failed write");
      connection_.fail();
    }
    waiting.moved();
  }
}

std::int64_t CopyIn::finish() { return end(nullptr); }

std::int64_t CopyIn::end(const char* reason) {
  const Waiting waiting(connection_.waits_for("COPY, its end"));
  open_ = false;
  if (PQputCopyEnd(connection_.raw(), reason) != 1) {
    while (auto* rest = PQgetResult(connection_.raw())) {
      const Result owned(rest);
      if (PQresultStatus(rest) == PGRES_FATAL_ERROR) connection_.fail(rest);
    }
    connection_.fail();
  }
  std::int64_t rows = 0;
  std::unique_ptr<Result> failed;
  while (auto* raw = PQgetResult(connection_.raw())) {
    auto result = std::make_unique<Result>(raw);
    if (PQresultStatus(raw) == PGRES_COMMAND_OK) {
      rows = result->affected();
    } else if (!failed) {
      failed = std::move(result);
    }
    if (!connection_.alive()) break;
  }
  if (failed) connection_.fail(failed->get());
  if (!connection_.alive()) connection_.fail();
  return rows;
}

CopyOut::CopyOut(Connection& connection, const std::string& sql) : connection_(connection) {
  const auto result = connection_.exec(sql);
  if (PQresultStatus(result.get()) != PGRES_COPY_OUT) throw InternalError("not a COPY … TO STDOUT: " + sql);
  running_.emplace(connection_.stop());
  waiting_.emplace(connection_.waits_for("COPY"));
}

CopyOut::~CopyOut() {
  std::string_view ignored;
  try {
    while (open_ && read(ignored)) {
    }
  } catch (const Error&) {  // the reader gave up before: what the rest would have said does not matter
  }
}

bool CopyOut::read(std::string_view& row) {
  if (!open_) return false;
  char* data = nullptr;
  waiting_->moved();
  const int size = PQgetCopyData(connection_.raw(), &data, 0);
  buffer_.reset(data);
  if (size > 0) {
    row = {data, static_cast<std::size_t>(size)};
    return true;
  }
  open_ = false;
  if (size == -2) connection_.fail();
  std::unique_ptr<Result> failed;
  while (auto* raw = PQgetResult(connection_.raw())) {
    auto result = std::make_unique<Result>(raw);
    if (PQresultStatus(raw) != PGRES_COMMAND_OK && !failed) failed = std::move(result);
    if (!connection_.alive()) break;
  }
  running_.reset();
  waiting_.reset();
  if (failed) connection_.fail(failed->get());
  return false;
}

}  // namespace etl::graph
