#include "gen3/indexd.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "gen3/answer.hpp"
#include "s3/encode.hpp"

namespace etl::gen3 {
namespace {

using nlohmann::json;

constexpr std::size_t page_size = 1024;  // the most that indexd gives

std::string text_in(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

template <typename Take>
void each_text(const json& object, const char* name, Take&& take) {
  const auto found = object.find(name);
  if (found == object.end()) return;
  for (const auto& [key, value] : found->items()) {
    if (value.is_string()) take(key, value.template get<std::string>());
  }
}

FileRecord record_of(const json& said) {
  FileRecord record;
  record.did = text_in(said, "did");
  record.rev = text_in(said, "rev");
  record.baseid = text_in(said, "baseid");
  if (const auto size = said.find("size"); size != said.end() && size->is_number_unsigned()) {
    record.size = size->get<std::uint64_t>();
  }
  each_text(said, "hashes", [&](const auto& key, auto value) { record.hashes[key] = std::move(value); });
  each_text(said, "urls", [&](const auto&, auto value) { record.urls.push_back(std::move(value)); });
  each_text(said, "authz", [&](const auto&, auto value) { record.authz.push_back(std::move(value)); });
  each_text(said, "metadata", [&](const auto& key, auto value) { record.metadata[key] = std::move(value); });
  record.file_name = text_in(said, "file_name");
  record.uploader = text_in(said, "uploader");
  return record;
}

/// What an update may send; indexd takes no nulls and no unknown members.
json changeable(const FileRecord& record) {
  json body{{"urls", record.urls}, {"authz", record.authz}, {"metadata", record.metadata}};
  if (!record.file_name.empty()) body["file_name"] = record.file_name;
  if (!record.uploader.empty()) body["uploader"] = record.uploader;
  return body;
}

std::string path_of(const std::string& did, const std::string& rev = {}) {
  return "/index/index/" + s3::encode_key(did) + (rev.empty() ? "" : "?rev=" + s3::percent_encode(rev));
}

std::string shown(const std::vector<std::string>& list) {
  return list.empty() ? "none" : fmt::format("{}", fmt::join(list, ", "));
}

}  // namespace

std::string difference(const FileRecord& wanted, const FileRecord& there) {
  std::vector<std::string> out;
  if (wanted.size != there.size) {
    const auto bytes = [](const FileRecord& record) {
      return record.size ? fmt::format("{} bytes", *record.size) : std::string("no size");
    };
    out.push_back(fmt::format("{} there, {} wanted", bytes(there), bytes(wanted)));
  }
  bool common = false;
  for (const auto& [kind, hash] : wanted.hashes) {
    const auto found = there.hashes.find(kind);
    if (found == there.hashes.end()) continue;
    common = true;
    if (found->second != hash) out.push_back(fmt::format("{} {} there, {} wanted", kind, found->second, hash));
  }
  if (!common) out.emplace_back("no hash in common");
  const auto as_set = [](const std::vector<std::string>& list) {
    return std::set<std::string>(list.begin(), list.end());
  };
  if (as_set(wanted.urls) != as_set(there.urls)) {
    out.push_back(fmt::format("urls {} there, {} wanted", shown(there.urls), shown(wanted.urls)));
  }
  if (as_set(wanted.authz) != as_set(there.authz)) {
    out.push_back(fmt::format("authz {} there, {} wanted", shown(there.authz), shown(wanted.authz)));
  }
  return fmt::format("{}", fmt::join(out, "; "));
}

Indexd::Made Indexd::create(const FileRecord& record) {
  json body = changeable(record);
  body["form"] = "object";
  body["did"] = record.did;
  body["size"] = record.size.value_or(0);
  body["hashes"] = record.hashes;
  // A repetition of what was made without our knowing is answered with 409, and looked at below.
  const Call call{.method = "POST", .path = "/index/index/", .body = std::move(body), .repeatable = true};
  const std::string what = "indexd: the record " + record.did;
  const net::Response answer = session_.call(call);
  if (answer.ok()) return Made::created;
  if (answer.status != 409) refuse(what, answer, session_.address(call));
  const auto there = get(record.did);
  if (!there) refuse(what, answer, session_.address(call));
  const std::string differs = difference(record, *there);
  if (differs.empty()) return Made::was_there;
  throw RefusedError(fmt::format("{} is there and differs: {}", what, differs), session_.address(call),
                     "remove it, or have it replaced");
}

std::optional<FileRecord> Indexd::get(const std::string& did) {
  const Call call{.path = path_of(did), .with_token = false};
  const net::Response answer = session_.call(call);
  if (answer.status == 404) return std::nullopt;
  const std::string what = "indexd: the record " + did;
  if (!answer.ok()) refuse(what, answer, session_.address(call));
  return record_of(json_of(what, answer, session_.address(call)));
}

std::string Indexd::update(const std::string& did, const std::string& rev, const FileRecord& wanted) {
  const Call call{.method = "PUT", .path = path_of(did, rev), .body = changeable(wanted), .repeatable = false};
  const std::string what = "indexd: the update of " + did;
  const net::Response answer = session_.call(call);
  if (!answer.ok()) refuse(what, answer, session_.address(call));
  return text_of(json_of(what, answer, session_.address(call)), "rev", what);
}

bool Indexd::remove(const std::string& did, const std::string& rev) {
  const Call call{.method = "DELETE", .path = path_of(did, rev)};
  const net::Response answer = session_.call(call);
  if (answer.status == 404) return false;
  if (!answer.ok()) refuse("indexd: the removal of " + did, answer, session_.address(call));
  return true;
}

void Indexd::list(const std::string& authz, const std::function<void(const FileRecord&)>& each) {
  const std::string what = "indexd: the records of " + authz;
  std::string last;
  for (;;) {
    Call call{.path = fmt::format("/index/index?authz={}&limit={}", s3::percent_encode(authz), page_size),
              .with_token = false};
    if (!last.empty()) call.path += "&start=" + s3::percent_encode(last);
    const net::Response answer = session_.call(call);
    if (!answer.ok()) refuse(what, answer, session_.address(call));
    const json said = json_of(what, answer, session_.address(call));
    const auto records = said.find("records");
    if (records == said.end() || !records->is_array() || records->empty()) return;
    for (const json& one : *records) each(record_of(one));
    const std::string end = text_in(records->back(), "did");
    if (end.empty() || end == last) return;
    last = end;
  }
}

std::vector<FileRecord> Indexd::bulk(const std::vector<std::string>& dids) {
  std::vector<FileRecord> out;
  for (std::size_t begin = 0; begin < dids.size(); begin += page_size) {  // an empty list is a fault to indexd
    const auto first = dids.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = dids.begin() + static_cast<std::ptrdiff_t>(std::min(begin + page_size, dids.size()));
    const Call call{.method = "POST",
                    .path = "/index/bulk/documents",
                    .body = json(std::vector<std::string>(first, last)),
                    .with_token = false,
                    .repeatable = true};
    const std::string what = fmt::format("indexd: {} records", last - first);
    const net::Response answer = session_.call(call);
    if (!answer.ok()) refuse(what, answer, session_.address(call));
    for (const json& one : json_of(what, answer, session_.address(call))) out.push_back(record_of(one));
  }
  return out;
}

}  // namespace etl::gen3
