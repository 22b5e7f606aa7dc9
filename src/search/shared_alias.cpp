#include "search/shared_alias.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "search/json_member.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

constexpr const char* kProjectField = "project_id";

/// Elasticsearch and OpenSearch add members such as `boost` to what was put.
bool hides(const json& condition, const ProjectId& project) {
  const json::json_pointer terms(std::string("/terms/") + kProjectField);
  return condition.contains(terms) && condition[terms] == json::array({project.str()});
}

json filter_of(const Index& index, const std::string& alias) {
  const auto options = index.aliases.find(alias);
  return options == index.aliases.end() ? json::object() : member(options->second, "filter", json::object());
}

json hidden_by(const json& filter) { return member(filter, json::json_pointer("/bool/must_not"), json::array()); }

json add_alias(const Index& index, const std::string& alias, const json& filter) {
  json action{{"index", index.name}, {"alias", alias}};
  if (!filter.empty()) action["filter"] = filter;
  return {{"add", action}};
}

}  // namespace

std::optional<json> action_to_hide(const Index& index, const std::string& alias, const ProjectId& project) {
  json filter = filter_of(index, alias);
  json hidden = hidden_by(filter);
  if (std::ranges::any_of(hidden, [&](const json& one) { return hides(one, project); })) return std::nullopt;
  if (!filter.empty() && !filter.contains(json::json_pointer("/bool/must_not"))) {
    filter = {{"bool", {{"filter", json::array({filter})}}}};
  }
  hidden.push_back({{"terms", {{kProjectField, {project.str()}}}}});
  filter["bool"]["must_not"] = hidden;
  return add_alias(index, alias, filter);
}

std::optional<json> action_to_show(const Index& index, const std::string& alias, const ProjectId& project) {
  json filter = filter_of(index, alias);
  json hidden = hidden_by(filter);
  json left = json::array();
  for (json& one : hidden) {
    if (!hides(one, project)) left.push_back(std::move(one));
  }
  if (index.has_alias(alias) && left.size() == hidden.size()) return std::nullopt;
  if (left.empty() && !filter.empty()) {
    filter["bool"].erase("must_not");
    // What the server itself adds to a condition says nothing without the condition.
    const bool more =
        filter["bool"].contains("filter") || filter["bool"].contains("must") || filter["bool"].contains("should");
    if (!more) filter = json::object();
  } else if (!filter.empty()) {
    filter["bool"]["must_not"] = left;
  }
  return add_alias(index, alias, filter);
}

void refuse_alias_name(const Server& server, const Index& index) {
  throw RefusedError(
      fmt::format("there is an index named {}, so there cannot be an alias of this name", index.name),
      net::without_query(server.url()),
      "other tools made it: copy it to another name with _reindex, remove it, and put the alias on the copy");
}

}  // namespace etl::search
