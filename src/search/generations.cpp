#include "search/generations.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "net/encode.hpp"
#include "search/answer.hpp"
#include "search/json_member.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

constexpr const char* kMetaKey = "aced_etl";
constexpr std::size_t kLongestProject = 100;
constexpr std::size_t kDigestPart = 10;

std::optional<IndexMeta> read_meta(const json& mapping) {
  const auto meta = mapping.find("_meta");
  if (meta == mapping.end() || !meta->is_object()) return std::nullopt;
  const auto ours = meta->find(kMetaKey);
  if (ours == meta->end() || !ours->is_object()) return std::nullopt;
  IndexMeta read;
  read.project = member<std::string>(*ours, "project", "");
  read.type = member<std::string>(*ours, "type", "");
  read.generation = member<unsigned>(*ours, "generation", 0);
  read.load = member<std::string>(*ours, "load", "");
  read.digest = member<std::string>(*ours, "digest", "");
  read.source = member<std::string>(*ours, "source", "");
  read.documents = member<std::uint64_t>(*ours, "documents", 0);
  read.complete = member<bool>(*ours, "complete", false);
  read.loaded = member<std::int64_t>(*ours, "loaded", 0);
  if (const auto empty = ours->find("empty"); empty != ours->end() && empty->is_array()) {
    for (const json& type : *empty) {
      if (type.is_string()) read.empty.push_back(type.get<std::string>());
    }
  }
  return read;
}

/// Settings are strings in the server's answers.
std::int64_t number_of(const json& settings, const char* name, std::int64_t otherwise) {
  const auto found = settings.find(name);
  if (found == settings.end() || !found->is_string()) return otherwise;
  try {
    return std::stoll(found->get<std::string>());
  } catch (const std::exception&) {
    return otherwise;
  }
}

std::string with_type_name(const Server& server, char separator) {
  return server.version().has_mapping_types() ? std::string(1, separator) + "include_type_name=false" : std::string{};
}

std::string part_of_name(const ProjectId& project) {
  const std::string whole = project.str();
  std::string name = whole;
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (name == whole && name.size() <= kLongestProject) return name;
  name.resize(std::min(name.size(), kLongestProject));
  return fmt::format("{}.{}", name, sha256_hex(whole).substr(0, kDigestPart));
}

}  // namespace

json IndexMeta::to_json() const {
  return {{kMetaKey,
           {{"project", project},
            {"type", type},
            {"generation", generation},
            {"load", load},
            {"digest", digest},
            {"source", source},
            {"documents", documents},
            {"complete", complete},
            {"loaded", loaded},
            {"empty", empty}}}};
}

bool Index::has_alias(std::string_view alias) const { return aliases.find(alias) != aliases.end(); }

const Index* Generations::live(std::string_view alias) const {
  const auto found = std::ranges::find_if(indexes, [&](const Index& index) { return index.has_alias(alias); });
  return found == indexes.end() ? nullptr : &*found;
}

const Index* Generations::previous(std::string_view alias) const {
  const Index* const now = live(alias);
  const Index* found = nullptr;
  for (const Index& index : indexes) {
    if (&index == now) break;
    if (index.meta->complete) found = &index;
  }
  return found;
}

std::string index_name_base(std::string_view prefix, std::string_view type, const ProjectId& project) {
  return fmt::format("{}_{}_{}_", prefix, type, part_of_name(project));
}

void check_prefix(const std::string& prefix) {
  const bool fits = std::ranges::all_of(prefix, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
  if (fits && !prefix.empty() && prefix.size() <= 60 &&
      std::string_view("_-.").find(prefix.front()) == std::string_view::npos) {
    return;
  }
  throw UsageError(fmt::format("`{}` cannot be the prefix of search indexes", prefix), {},
                   "use lower-case letters, digits, dots, - and _, beginning with a letter or digit (search.prefix)");
}

std::vector<Index> read_indexes(Server& server, const std::string& pattern) {
  const std::string path = fmt::format(
      "/{}?allow_no_indices=true&ignore_unavailable=true&filter_path=*.aliases,*.mappings,*.settings.index.creation_"
      "date,"
      "*.settings.index.mapping.total_fields.limit{}",
      net::percent_encode(pattern), with_type_name(server, '&'));
  const auto found = server.find("list the indexes " + pattern, path);
  std::vector<Index> indexes;
  if (!found || !found->is_object()) return indexes;
  for (const auto& [name, what] : found->items()) {
    Index index;
    index.name = name;
    if (const auto aliases = what.find("aliases"); aliases != what.end() && aliases->is_object()) {
      for (const auto& [alias, options] : aliases->items()) index.aliases.emplace(alias, options);
    }
    if (const auto mapping = what.find("mappings"); mapping != what.end() && mapping->is_object())
      index.mapping = *mapping;
    if (!index.mapping.is_object()) index.mapping = json::object();
    index.meta = read_meta(index.mapping);
    if (const json::json_pointer at("/settings/index"); what.contains(at)) {
      const json& settings = what[at];
      index.created = number_of(settings, "creation_date", 0) / 1000;
      if (const json::json_pointer fields("/mapping/total_fields"); settings.contains(fields)) {
        index.field_limit = static_cast<std::uint64_t>(number_of(settings[fields], "limit", 1000));
      }
    }
    indexes.push_back(std::move(index));
  }
  return indexes;
}

Generations generations_of(const std::vector<Index>& all, std::string_view type, const ProjectId& project) {
  std::vector<std::pair<unsigned, const Index*>> order;
  for (const Index& index : all) {
    if (index.meta && index.meta->type == type && index.meta->project == project.str()) {
      order.emplace_back(index.meta->generation, &index);
    }
  }
  std::ranges::sort(order);
  Generations found;
  for (const auto& [generation, index] : order) found.indexes.push_back(*index);
  return found;
}

void refresh_index(Server& server, const std::string& index) {
  // Without a body: Elasticsearch 7.17 refuses one.
  const std::string path = fmt::format("/{}/_refresh", net::path_segment(index));
  const net::Response answer = server.send("POST", path, {}, true);
  if (!answer.ok()) refuse("refresh " + index, answer, server.url() + path);
}

std::uint64_t count_documents(Server& server, const std::string& index) {
  const std::string what = "count the documents of " + index;
  const json answer = server.get(what, fmt::format("/{}/_count", net::path_segment(index)));
  const auto count = answer.find("count");
  if (count == answer.end() || !count->is_number_unsigned()) {
    throw UnavailableError(what + ": the answer has no count", net::without_query(server.url()), "run again");
  }
  // A count that some shards did not take part in is too small.
  if (const json::json_pointer failed("/_shards/failed"); answer.contains(failed) && answer[failed] != 0) {
    throw UnavailableError(what + ": a shard did not answer", net::without_query(server.url()), "run again");
  }
  return count->get<std::uint64_t>();
}

void put_mapping(Server& server, const std::string& index, const json& properties, const json& meta) {
  json body = json::object();
  if (!properties.empty()) body["properties"] = properties;
  if (!meta.is_null()) body["_meta"] = meta;
  server.put("change the mapping of " + index,
             fmt::format("/{}/_mapping{}", net::path_segment(index), with_type_name(server, '?')), body);
}

void make_static(Server& server, const Index& index) {
  const auto dynamic = index.mapping.find("dynamic");
  // `false`, or "false": servers differ in how they give it back.
  if (dynamic != index.mapping.end() && (*dynamic == false || *dynamic == "false")) return;
  json body{{"dynamic", false}};
  if (const json meta = member(index.mapping, "_meta", json()); !meta.is_null()) body["_meta"] = meta;
  server.put("make the mapping of " + index.name + " static",
             fmt::format("/{}/_mapping{}", net::path_segment(index.name), with_type_name(server, '?')), body);
}

void create_index(Server& server, const std::string& name, const json& settings, const json& mapping,
                  const std::vector<std::string>& aliases) {
  json body{{"settings", settings}, {"mappings", mapping}};
  for (const std::string& alias : aliases) body["aliases"][alias] = json::object();
  server.put("create the index " + name, fmt::format("/{}{}", net::path_segment(name), with_type_name(server, '?')),
             body);
}

void remove_index(Server& server, const std::string& name) {
  const std::string path = "/" + net::path_segment(name);
  const net::Response answer = server.send("DELETE", path);
  if (!answer.ok() && answer.status != 404) refuse("remove the index " + name, answer, server.url() + path);
}

}  // namespace etl::search
