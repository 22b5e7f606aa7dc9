#include "search/array_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "net/encode.hpp"
#include "search/answer.hpp"
#include "search/generations.hpp"
#include "search/json_member.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

/// The fields that the document lists; null when there is no such document.
json listed(Server& server, const std::string& index, const std::string& name) {
  const auto found =
      server.find("read " + index, fmt::format("/{}/_doc/{}", net::path_segment(index), net::path_segment(name)));
  if (!found || !member(*found, "found", false)) return nullptr;
  return member(member(*found, "_source", json::object()), "array", json());
}

}  // namespace

std::vector<std::string> guppy_names(const std::string& prefix, const std::string& type) {
  return {type, prefix + "_" + type};
}

void write_array_config(Server& server, const std::string& prefix, const std::string& type,
                        const std::vector<std::string>& names, const std::vector<std::string>& list_fields) {
  const std::string index = fmt::format("{}_{}-array-config_0", prefix, type);
  const std::vector<std::string> aliases{prefix + "_array-config", type + "_array-config"};
  const auto there = read_indexes(server, index);
  if (there.empty()) {
    const json mapping{{"dynamic", false},
                       {"properties", {{"timestamp", {{"type", "date"}}}, {"array", {{"type", "keyword"}}}}}};
    try {
      create_index(server, index, {{"index", {{"number_of_shards", 1}, {"auto_expand_replicas", "0-1"}}}}, mapping,
                   aliases);
    } catch (const RefusedError&) {
      if (read_indexes(server, index).empty()) throw;  // else the load of another project was faster
    }
  }
  json actions = json::array();
  for (const std::string& alias : aliases) {
    if (!there.empty() && !there.front().has_alias(alias)) {
      actions.push_back({{"add", {{"index", index}, {"alias", alias}}}});
    }
  }
  if (!actions.empty()) server.post("add the aliases of " + index, "/_aliases", {{"actions", actions}});
  std::vector<std::string> sorted = list_fields;
  std::ranges::sort(sorted);
  const json fields = sorted;
  for (const std::string& name : names) {
    if (listed(server, index, name) == fields) continue;
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    server.put("write " + index,
               fmt::format("/{}/_doc/{}?refresh=true", net::path_segment(index), net::path_segment(name)),
               {{"timestamp", now.count()}, {"array", fields}});
  }
}

}  // namespace etl::search
