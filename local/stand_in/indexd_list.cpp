#include <charconv>
#include <regex>

#include "stand_in/html.hpp"
#include "stand_in/indexd.hpp"

// Lists of records.

namespace etl::stand_in {
namespace {

constexpr std::int64_t kMostRecords = 1024;

std::optional<std::int64_t> number(const std::optional<std::string>& text, const std::string& name) {
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto* end = text->data() + text->size();
  if (const auto [stop, error] = std::from_chars(text->data(), end, value); error != std::errc() || stop != end) {
    throw Refusal(indexd_error(400, name + " must be an integer"));
  }
  return value;
}

/// `name:value`; a pair without a colon is more than indexd can bear.
std::pair<std::string, std::string> pair_of(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) throw Refusal(server_error_page());
  return {text.substr(0, colon), text.substr(colon + 1)};
}

/// What the query asks for: the filter, and the list's own members that repeat it.
struct Asked {
  Records::Filter filter;
  Json said = {{"acl", nullptr},    {"authz", nullptr}, {"file_name", nullptr},       {"hashes", nullptr},
               {"ids", nullptr},    {"limit", 100},     {"metadata", Json::object()}, {"page", nullptr},
               {"size", nullptr},   {"start", nullptr}, {"urls", Json::array()},      {"urls_metadata", nullptr},
               {"version", nullptr}};
};

void read_lists(const Request& request, Asked& asked) {
  for (const auto* name : {"acl", "authz"}) {
    const auto text = request.param(name);
    if (!text) continue;
    if (*text == "null") {
      asked.said[name] = Json::array();
      if (std::string(name) == "authz") asked.filter.no_authz = true;
    } else {
      asked.said[name] = asked.filter.contains[name] = comma_separated(*text);
    }
  }
  const auto [first, last] = request.query.equal_range("url");
  for (auto each = first; each != last; ++each) {
    asked.said["urls"].push_back(each->second);
    asked.filter.contains["urls"].push_back(each->second);
  }
}

void read_pairs(const Request& request, Asked& asked) {
  auto [hash, hashes_end] = request.query.equal_range("hash");
  for (; hash != hashes_end; ++hash) {
    const auto [type, value] = pair_of(hash->second);
    static const std::regex hexadecimal("[0-9a-f]{8,}");
    if (!std::regex_match(value, hexadecimal)) throw Refusal(indexd_error(400, "invalid hash values specified"));
    if (asked.said["hashes"].is_null()) asked.said["hashes"] = Json::object();
    asked.said["hashes"][type] = asked.filter.contains["hashes"][type] = value;
  }
  auto [entry, metadata_end] = request.query.equal_range("metadata");
  for (; entry != metadata_end; ++entry) {
    const auto [name, value] = pair_of(entry->second);
    asked.said["metadata"][name] = asked.filter.contains["metadata"][name] = value;
  }
}

Asked read_list(const Request& request) {
  Asked asked;
  const auto limit = number(request.param("limit"), "limit");
  if (limit && (*limit < 0 || *limit > kMostRecords))
    throw Refusal(indexd_error(400, "limit must be between 0 and 1024"));
  asked.filter.limit = limit.value_or(100);
  asked.said["limit"] = asked.filter.limit;
  if (const auto page = number(request.param("page"), "page")) {
    asked.filter.offset = *page * asked.filter.limit;
    asked.said["page"] = *page;
  }
  if (const auto start = request.param("start")) {
    asked.filter.after = *start;
    asked.said["start"] = *start;
  }
  if (const auto size = number(request.param("size"), "size")) {
    asked.said["size"] = asked.filter.contains["size"] = *size;
  }
  for (const auto* name : {"file_name", "version"}) {
    if (const auto text = request.param(name)) asked.said[name] = asked.filter.contains[name] = *text;
  }
  if (const auto uploader = request.param("uploader")) asked.filter.contains["uploader"] = *uploader;
  read_lists(request, asked);
  read_pairs(request, asked);
  return asked;
}

}  // namespace

void Indexd::add_list_routes(Router& router) {
  router.add("GET", "/index/index", [this](const Request& request) { return list(request); });
  router.add("POST", "/index/bulk/documents", [this](const Request& request) { return bulk(request); });
}

Answer Indexd::list(const Request& request) {
  auto asked = read_list(request);
  std::vector<Json> found;
  if (const auto ids = request.param("ids")) {
    if (request.param("limit") || request.param("page") || request.param("start")) {
      return indexd_error(400, "pagination is not supported when ids is provided");
    }
    const auto dids = comma_separated(*ids);
    asked.said["ids"] = dids;
    found = records_.find_all(dids);
  } else {
    found = records_.list(asked.filter);
  }
  asked.said["records"] = found;
  return json_answer(asked.said);
}

Answer Indexd::bulk(const Request& request) {
  const auto dids = indexd_body(request);
  if (!dids.is_array() || dids.empty()) return server_error_page();
  return json_answer(records_.find_all(string_list(dids)));
}

}  // namespace etl::stand_in
