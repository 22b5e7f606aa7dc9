#include "stand_in/database.hpp"

namespace etl::stand_in {
namespace {

/// More than that at once wait for nobody, but are not kept.
constexpr std::size_t kKept = 16;

// A record of indexd is one document; whatever a list is filtered by is a containment (@>), so one index serves all.
// GUIDs sort by their bytes, as paging by `start` needs it.
constexpr const char* kSchema = R"(
create schema if not exists stand_in;
create table if not exists stand_in.record (
  did text collate "C" primary key, baseid text not null, rev text not null, doc jsonb not null, number bigserial);
create index if not exists record_doc on stand_in.record using gin (doc jsonb_path_ops);
create index if not exists record_baseid on stand_in.record (baseid, number);
create table if not exists stand_in.record_alias (
  name text primary key, did text not null references stand_in.record on delete cascade, number bigserial);
create table if not exists stand_in.metadata (guid text collate "C" primary key, data jsonb not null);
create table if not exists stand_in.metadata_alias (
  name text primary key, guid text not null references stand_in.metadata on delete cascade);
create table if not exists stand_in.metadata_path (path text primary key);
create table if not exists stand_in.api_key (
  jti text primary key, username text not null, expires bigint not null, revoked boolean not null default false);
create table if not exists stand_in.submission (id bigserial primary key, project text not null, by text not null);
)";

}  // namespace

Database::Session::~Session() {
  if (!connection_ || !connection_->alive() || connection_->in_transaction()) return;
  const std::lock_guard lock(owner_.mutex_);
  if (owner_.idle_.size() < kKept) owner_.idle_.push_back(std::move(connection_));
}

void Database::prepare() {
  auto connection = session();
  connection->exec("set client_min_messages = warning");
  graph::Transaction transaction(*connection);
  connection->exec("select pg_advisory_xact_lock(hashtext('stand_in schema'))");  // two that start at once
  connection->exec(kSchema);
  transaction.commit();
}

Database::Session Database::session() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return {*this, std::move(connection)};
    }
  }
  auto connection = std::make_unique<graph::Connection>(config::DatabaseAddress{});
  // What a crash of the machine would take away can be made again.
  connection->exec("set synchronous_commit = off");
  return {*this, std::move(connection)};
}

}  // namespace etl::stand_in
