#include <algorithm>
#include <limits>
#include <map>
#include <regex>

#include "stand_in/html.hpp"
#include "stand_in/indexd.hpp"

// What indexd takes for a record.

namespace etl::stand_in {
namespace {

constexpr auto kUuid = "^.*[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$";

[[noreturn]] void invalid(const std::string& what) { throw Refusal(indexd_error(400, what)); }

bool is_of_type(const Json& value, const std::string& type) {
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type == "null") return value.is_null();
  // Of a number with a point, JSON schema asks only that nothing stands behind it.
  return value.is_number_integer() ||
         (value.is_number_float() &&
          value.get<double>() == static_cast<double>(static_cast<std::int64_t>(value.get<double>())));
}

/// A member's types, separated by '|'.
using Members = std::map<std::string, std::string>;

void check_members(const Json& body, const Members& members) {
  if (!body.is_object()) invalid(body.dump() + " is not of type 'object'");
  for (const auto& [name, value] : body.items()) {
    const auto member = members.find(name);
    if (member == members.end()) {
      invalid("Additional properties are not allowed ('" + name + "' was unexpected)");
    }
    std::string types = member->second + "|";
    bool fits = false;
    for (std::size_t begin = 0; begin < types.size();) {
      const auto end = types.find('|', begin);
      fits = fits || is_of_type(value, types.substr(begin, end - begin));
      begin = end + 1;
    }
    if (!fits) invalid(value.dump() + " is not of type '" + member->second + "'");
    if (value.is_array() && !std::ranges::all_of(value, [](const Json& item) { return item.is_string(); })) {
      invalid("items of " + name + " are not of type 'string'");
    }
  }
}

void check_pattern(const Json& value, const char* pattern) {
  if (!std::regex_match(value.get<std::string>(), std::regex(pattern))) {
    invalid("'" + value.get<std::string>() + "' does not match '" + pattern + "'");
  }
}

void check_hashes(const Json& hashes) {
  static const std::map<std::string, std::size_t> lengths = {{"md5", 32},     {"sha", 40}, {"sha256", 64},
                                                             {"sha512", 128}, {"crc", 8},  {"etag", 0}};
  if (std::ranges::none_of(lengths, [&](const auto& each) { return hashes.contains(each.first); })) {
    invalid("'md5' is a required property");
  }
  for (const auto& [type, length] : lengths) {
    const auto found = hashes.find(type);
    if (found == hashes.end() || length == 0) continue;
    if (!found->is_string()) invalid(found->dump() + " is not of type 'string'");
    check_pattern(*found, ("^[0-9a-f]{" + std::to_string(length) + "}$").c_str());
  }
}

/// As the database keeps a value of metadata, which is text; refuses with 500 what it cannot.
Json as_text(const Json& value) {
  if (value.is_string() || value.is_null()) return value;
  if (value.is_object()) throw Refusal(server_error_page());
  if (!value.is_array()) return value.dump();
  std::string items;
  for (const auto& item : value) {
    if (item.is_structured()) throw Refusal(server_error_page());
    items += (items.empty() ? "" : ",") + (item.is_string() ? item.get<std::string>() : item.dump());
  }
  return "{" + items + "}";
}

Json metadata_texts(const Json& metadata) {
  Json all = Json::object();
  for (const auto& [name, value] : metadata.items()) all[name] = as_text(value);
  return all;
}

Json as_time(const Json& value) {
  if (!value.is_string()) return value;
  static const std::regex form(R"(^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d(?:\.\d+)?))?(?:Z|[+-]\d\d:?\d\d)?$)");
  const auto text = value.get<std::string>();
  std::smatch parts;
  if (!std::regex_match(text, parts, form)) throw Refusal(server_error_page());
  return parts[1].str() + "T" + (parts[2].matched ? parts[2].str() : "00:00:00");
}

const Members& change_members() {
  static const Members members = {{"file_name", "string|null"},
                                  {"version", "string|null"},
                                  {"uploader", "string|null"},
                                  {"description", "string|null"},
                                  {"content_created_date", "string|null"},
                                  {"content_updated_date", "string|null"},
                                  {"urls", "array"},
                                  {"acl", "array"},
                                  {"authz", "array"},
                                  {"metadata", "object"},
                                  {"urls_metadata", "object"}};
  return members;
}

}  // namespace

void check_new_record(const Json& body) {
  static const Members members = [] {
    Members all = change_members();
    for (auto& [name, type] : all) type = type.substr(0, type.find('|'));
    all.insert(
        {{"did", "string"}, {"baseid", "string"}, {"form", "string"}, {"size", "integer"}, {"hashes", "object"}});
    return all;
  }();
  check_members(body, members);
  for (const auto* name : {"size", "hashes", "urls", "form"}) {
    if (!body.contains(name)) invalid("'" + std::string(name) + "' is a required property");
  }
  if (body.contains("did")) check_pattern(body["did"], kUuid);
  if (body.contains("baseid")) check_pattern(body["baseid"], kUuid);
  if (const auto& form = body["form"]; form != "object" && form != "container" && form != "multipart") {
    invalid(form.dump() + " is not one of ['object', 'container', 'multipart']");
  }
  const auto& size = body["size"];
  if (size.is_number() && size.get<double>() < 0) invalid(size.dump() + " is less than the minimum of 0");
  check_hashes(body["hashes"]);
}

void check_change(const Json& body) { check_members(body, change_members()); }

void apply(const Json& body, Json& record) {
  for (const auto& [name, value] : body.items()) {
    if (name == "did" || name == "baseid" || name == "urls_metadata") continue;
    if (name == "metadata") {
      record[name] = metadata_texts(value);
    } else if (name == "content_created_date" || name == "content_updated_date") {
      record[name] = as_time(value);
    } else if (name == "authz" || name == "acl") {
      auto list = string_list(value);
      std::vector<std::string> once;
      for (auto& item : list) {
        if (std::ranges::find(once, item) == once.end()) once.push_back(std::move(item));
      }
      record[name] = once;
    } else {
      record[name] = value;
    }
  }
  if (body.contains("urls")) {
    Json kept = Json::object();
    for (const auto& url : string_list(record["urls"])) {
      kept[url] = record["urls_metadata"].value(url, Json::object());
    }
    record["urls_metadata"] = kept;
  }
  if (!body.contains("urls_metadata")) return;
  for (const auto& [url, metadata] : body["urls_metadata"].items()) {
    if (!record["urls_metadata"].contains(url)) invalid("url " + url + " in urls_metadata does not exist");
    record["urls_metadata"][url] = metadata_texts(metadata);
  }
}

std::vector<std::string> string_list(const Json& list) {
  std::vector<std::string> all;
  for (const auto& item : list) all.push_back(item.get<std::string>());
  return all;
}

Json Indexd::new_record(const Json& body) {
  auto record = blank_record(commons_.fence.get()->did_prefix);
  const auto& size = body["size"];
  if (size.is_number_unsigned() && size.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    throw Refusal(server_error_page());
  }
  apply(body, record);
  if (size.is_number_float()) {
    if (size.get<double>() >= 0x1p63) throw Refusal(server_error_page());
    record["size"] = static_cast<std::int64_t>(size.get<double>());
  }
  for (const auto* name : {"did", "baseid"}) {
    if (body.contains(name)) record[name] = body[name];
  }
  return record;
}

}  // namespace etl::stand_in
