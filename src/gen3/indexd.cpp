#include "gen3/indexd.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/identifier.hpp"
#include "gen3/answer.hpp"
#include "gen3/guid.hpp"
#include "net/encode.hpp"

namespace etl::gen3 {
namespace {

using nlohmann::json;

constexpr std::size_t records_per_page = 1024;  // the most that indexd gives

template <typename Take>
void each_text(const json& object, const char* name, Take&& take) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_structured()) return;
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

std::string record_path(const std::string& did, const std::string& rev = {}) {
  return "/index/index/" + guid_path(did) + (rev.empty() ? "" : "?rev=" + net::percent_encode(rev));
}

/// indexd also finds a record whose did has its own prefix before the one that was asked for.
bool is_record_of(const json& said, const std::string& did) {
  const std::string there = text_in(said, "did");
  const bool prefixed = there.size() > did.size() && is_guid(there) && there.ends_with("/" + did);
  return (there == did || prefixed) && is_opaque_token(text_in(said, "rev"), 64);
}

bool has_did(const json& said) { return said.is_object() && !text_in(said, "did").empty(); }

/// Watches over a listing that is asked for page by page, each from the last did of the page before: one that comes
/// back to where it was would never end.
class Progress {
 public:
  /// Between dids that are plain UUIDs the order is the same in every collation of PostgreSQL.
  void see(const std::string& did) {
    if (!is_uuid(did)) return;
    if (!last_uuid_.empty() && did <= last_uuid_) stuck();
    last_uuid_ = did;
  }
  void start_at(const std::string& did) {
    if (!starts_.insert(did).second) stuck();
  }

 private:
  static bool is_uuid(const std::string& text) {
    return text.size() == 36 && text.find_first_not_of("0123456789abcdef-") == std::string::npos;
  }
  [[noreturn]] static void stuck() {
    throw UnavailableError("indexd: the list of records does not advance: a page holds records of an earlier one", {},
                           "run again; if it persists, look at indexd and at what caches its answers");
  }

  std::string last_uuid_;
  std::set<std::string> starts_;
};

std::string shown(const std::vector<std::string>& list) {
  return list.empty() ? "none" : fmt::format("{}", fmt::join(list, ", "));
}

}  // namespace

std::string difference(const FileRecord& wanted, const FileRecord& there) {
  const auto in_common = [&](const std::string& one) {
    return std::ranges::find(wanted.authz, one) != wanted.authz.end();
  };
  if (!there.authz.empty() && std::ranges::none_of(there.authz, in_common)) {
    return fmt::format("its authz is {}, not {}: it belongs to another project", shown(there.authz),
                       shown(wanted.authz));
  }
  std::vector<std::string> out;
  if (wanted.size != there.size) {
    const auto bytes = [](const FileRecord& record) {
      return record.size ? fmt::format("{} bytes", *record.size) : std::string("no size");
    };
    out.push_back(fmt::format("it has {}, not {}", bytes(there), bytes(wanted)));
  }
  bool common = false;
  for (const auto& [kind, hash] : wanted.hashes) {
    const auto found = there.hashes.find(kind);
    if (found == there.hashes.end()) continue;
    common = true;
    if (found->second != hash) out.push_back(fmt::format("its {} is {}, not {}", kind, found->second, hash));
  }
  if (!common) out.emplace_back("it has no hash in common");
  const auto as_set = [](const std::vector<std::string>& list) {
    return std::set<std::string>(list.begin(), list.end());
  };
  if (as_set(wanted.urls) != as_set(there.urls)) {
    out.push_back(fmt::format("its urls are {}, not {}", shown(there.urls), shown(wanted.urls)));
  }
  if (as_set(wanted.authz) != as_set(there.authz)) {
    out.push_back(fmt::format("its authz is {}, not {}", shown(there.authz), shown(wanted.authz)));
  }
  if (!wanted.file_name.empty() && wanted.file_name != there.file_name) {
    out.push_back(fmt::format("its file_name is {}, not {}", there.file_name.empty() ? "none" : there.file_name,
                              wanted.file_name));
  }
  return fmt::format("{}", fmt::join(out, "; "));
}

Indexd::Made Indexd::create(const FileRecord& record) {
  static_cast<void>(guid_path(record.did));  // or it throws
  json body = changeable(record);
  body["form"] = "object";
  body["did"] = record.did;
  body["size"] = record.size.value_or(0);
  body["hashes"] = record.hashes;
  // A repetition of what was made without our knowing is answered with 409, and looked at below.
  const Call call{.method = "POST", .path = "/index/index/", .body = std::move(body), .repeatable = true};
  const std::string what = "indexd: creating the record " + record.did;
  const net::Response answer = send(session_, call, what, [&](const net::Response& one) {
    return has_shape(one, [&](const json& said) { return is_record_of(said, record.did); });
  });
  if (answer.ok()) return Made::created;
  if (answer.status != 409) refuse(what, answer, session_.address(call));
  const auto there = get(record.did);
  if (!there) refuse(what, answer, session_.address(call));
  const std::string differs = difference(record, *there);
  if (differs.empty()) return Made::was_there;
  throw RefusedError(fmt::format("indexd: the record {} exists and differs: {}", record.did, differs),
                     session_.address(call), "remove the record, or replace it with --replace");
}

std::optional<FileRecord> Indexd::get(const std::string& did) {
  const auto said =
      ask_for_one(session_, {.path = record_path(did), .with_token = false}, "indexd: reading the record " + did,
                  [&](const json& one) { return is_record_of(one, did); });
  if (!said) return std::nullopt;
  return record_of(*said);
}

std::string Indexd::update(const std::string& did, const std::string& rev, const FileRecord& wanted) {
  const json said =
      ask(session_, {.method = "PUT", .path = record_path(did, rev), .body = changeable(wanted), .repeatable = false},
          "indexd: updating " + did, [&](const json& one) { return is_record_of(one, did); });
  return text_in(said, "rev");
}

bool Indexd::remove(const std::string& did, const std::string& rev) {
  // indexd answers 200 without a body.
  return ask_to_remove(session_, {.method = "DELETE", .path = record_path(did, rev)}, "indexd: removing " + did,
                       [](const net::Response& answer) {
                         return answer.body.empty() ||
                                has_shape(answer, [](const json& said) { return said.is_object(); });
                       });
}

void Indexd::list(const std::string& authz, const std::function<void(const FileRecord&)>& each) {
  const std::string what = "indexd: listing the records of " + authz;
  const auto is_page = [](const json& said) {
    const auto records = said.find("records");
    return records != said.end() && records->is_array() && std::all_of(records->begin(), records->end(), has_did);
  };
  Progress progress;
  std::string last;
  for (;;) {
    Call call{.path = fmt::format("/index/index?authz={}&limit={}", net::percent_encode(authz), records_per_page),
              .with_token = false};
    if (!last.empty()) call.path += "&start=" + net::percent_encode(last);
    const json said = ask(session_, call, what, is_page);
    const json& records = said.at("records");
    if (records.empty()) return;
    for (const json& one : records) progress.see(text_in(one, "did"));
    last = text_in(records.back(), "did");
    progress.start_at(last);
    for (const json& one : records) each(record_of(one));
  }
}

std::vector<FileRecord> Indexd::bulk(const std::vector<std::string>& dids) {
  std::vector<FileRecord> out;
  for (std::size_t begin = 0; begin < dids.size(); begin += records_per_page) {  // indexd refuses an empty list
    const auto first = dids.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = dids.begin() + static_cast<std::ptrdiff_t>(std::min(begin + records_per_page, dids.size()));
    const std::set<std::string> asked(first, last);
    const json said = ask(session_,
                          {.method = "POST",
                           .path = "/index/bulk/documents",
                           .body = json(std::vector<std::string>(first, last)),
                           .with_token = false,
                           .repeatable = true},
                          fmt::format("indexd: reading {} records", last - first), [&](const json& one) {
                            return one.is_array() && std::all_of(one.begin(), one.end(), [&](const json& record) {
                                     return has_did(record) && asked.contains(text_in(record, "did"));
                                   });
                          });
    for (const json& one : said) out.push_back(record_of(one));
  }
  return out;
}

}  // namespace etl::gen3
