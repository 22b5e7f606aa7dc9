#include "stand_in/records.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include "stand_in/jwt.hpp"

namespace etl::stand_in {
namespace {

std::vector<Json> documents(const graph::Result& rows) {
  std::vector<Json> found;
  found.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) found.push_back(Json::parse(rows.text(i, 0)));
  return found;
}

std::optional<Json> document(const std::optional<std::string>& text) {
  return text ? std::optional(Json::parse(*text)) : std::nullopt;
}

/// Eight hexadecimal digits.
std::string new_rev() { return random_uuid().substr(0, 8); }

}  // namespace

std::string indexd_time() {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (now - seconds).count());
}

Json blank_record(const std::string& prefix) {
  return {{"did", prefix + random_uuid()},
          {"acl", Json::array()},
          {"authz", Json::array()},
          {"content_created_date", nullptr},
          {"content_updated_date", nullptr},
          {"description", nullptr},
          {"file_name", nullptr},
          {"form", nullptr},
          {"hashes", Json::object()},
          {"metadata", Json::object()},
          {"size", nullptr},
          {"uploader", nullptr},
          {"urls", Json::array()},
          {"urls_metadata", Json::object()},
          {"version", nullptr}};
}

std::optional<Json> Records::find(const std::string& did) {
  return document(database_.session()->value("select doc from stand_in.record where did = $1", {did}));
}

std::optional<Json> Records::find(const std::string& did, const std::string& prefix) {
  auto found = find(did);
  if (!found && !prefix.empty()) found = find(prefix + did);
  return found;
}

std::optional<Json> Records::find_alias(const std::string& name) {
  return document(database_.session()->value(
      "select r.doc from stand_in.record_alias a join stand_in.record r using (did) where a.name = $1", {name}));
}

std::vector<Json> Records::find_all(const std::vector<std::string>& dids) {
  return documents(database_.session()->exec("select doc from stand_in.record where did = any($1::text[])",
                                             {graph::text_array(dids)}));
}

std::vector<Json> Records::versions(const std::string& baseid) {
  return documents(
      database_.session()->exec("select doc from stand_in.record where baseid = $1 order by number", {baseid}));
}

bool Records::add(Json& record) {
  record["rev"] = new_rev();
  if (!record.contains("baseid")) record["baseid"] = random_uuid();
  record["created_date"] = record["updated_date"] = indexd_time();
  return database_.session()
             ->exec(
                 "insert into stand_in.record (did, baseid, rev, doc) values ($1, $2, $3, $4::jsonb) "
                 "on conflict do nothing",
                 {record["did"].get<std::string>(), record["baseid"].get<std::string>(),
                  record["rev"].get<std::string>(), record.dump()})
             .affected() == 1;
}

bool Records::change(Json& record) {
  const auto old_rev = record["rev"].get<std::string>();
  record["rev"] = new_rev();
  record["updated_date"] = indexd_time();
  return database_.session()
             ->exec("update stand_in.record set rev = $3, doc = $4::jsonb where did = $1 and rev = $2",
                    {record["did"].get<std::string>(), old_rev, record["rev"].get<std::string>(), record.dump()})
             .affected() == 1;
}

bool Records::remove(const std::string& did, const std::string& rev) {
  return database_.session()->exec("delete from stand_in.record where did = $1 and rev = $2", {did, rev}).affected() ==
         1;
}

std::vector<Json> Records::list(const Filter& filter) {
  std::string sql = "select doc from stand_in.record where doc @> $1::jsonb and did > $2";
  if (filter.no_authz) sql += " and doc->'authz' = '[]'";
  sql += fmt::format(" order by did limit {} offset {}", filter.limit, filter.offset);
  return documents(database_.session()->exec(sql, {filter.contains.dump(), filter.after}));
}

Records::Total Records::total() {
  const auto row =
      database_.session()->exec("select count(*), coalesce(sum((doc->>'size')::numeric), 0) from stand_in.record");
  return {row.integer(0, 0), Json::parse(row.text(0, 1))};
}

std::vector<std::string> Records::aliases(const std::string& did) {
  const auto rows =
      database_.session()->exec("select name from stand_in.record_alias where did = $1 order by number", {did});
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) names.emplace_back(rows.text(i, 0));
  return names;
}

std::vector<std::string> Records::taken(const std::vector<std::string>& names) {
  const auto rows =
      database_.session()->exec("select name from stand_in.record_alias where name = any($1::text[]) order by number",
                                {graph::text_array(names)});
  std::vector<std::string> found;
  found.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) found.emplace_back(rows.text(i, 0));
  return found;
}

void Records::add_aliases(const std::string& did, const std::vector<std::string>& names) {
  database_.session()->exec("insert into stand_in.record_alias (name, did) select unnest($2::text[]), $1",
                            {did, graph::text_array(names)});
}

bool Records::remove_aliases(const std::string& did, const std::string& name) {
  return database_.session()
             ->exec("delete from stand_in.record_alias where did = $1 and ($2 = '' or name = $2)", {did, name})
             .affected() > 0;
}

}  // namespace etl::stand_in
