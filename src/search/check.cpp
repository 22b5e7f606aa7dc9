#include "search/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/bounded_json.hpp"
#include "base/counted.hpp"
#include "base/text.hpp"
#include "net/encode.hpp"
#include "search/generations.hpp"
#include "search/json_member.hpp"
#include "search/mapping.hpp"
#include "search/shared_index.hpp"

namespace etl::search {
namespace {

using nlohmann::json;
using Level = Finding::Level;

/// Documents of each index that are looked at for lists where none should be, and the other way round.
constexpr int kSample = 200;
constexpr std::size_t kMostNamed = 5;

/// "a, b, c and 4 more"
std::string names(const std::vector<std::string>& all) {
  std::string text;
  for (std::size_t n = 0; n < all.size() && n < kMostNamed; ++n) text += (n == 0 ? "" : ", ") + printable(all[n]);
  if (all.size() > kMostNamed) text += fmt::format(" and {} more", all.size() - kMostNamed);
  return text;
}

class Checker {
 public:
  Checker(Server& server, std::string prefix) : server_(server), prefix_(std::move(prefix)) {}

  CheckReport run(std::vector<std::string> types) {
    all_ = read_indexes(server_, prefix_ + "_*");
    if (types.empty()) {
      std::set<std::string> found;
      for (const Index& index : all_) {
        if (index.meta && !index.meta->type.empty() && index.meta->type != "fhir") found.insert(index.meta->type);
        if (const std::string shared = type_of_shared(index, prefix_); !shared.empty()) found.insert(shared);
      }
      types.assign(found.begin(), found.end());
    }
    report_.aliases = types;
    std::string pattern = prefix_ + "_*,fhir";
    for (const std::string& type : types) pattern += fmt::format(",{0},{0}_array-config", type);
    all_ = read_indexes(server_, pattern);
    for (const std::string& type : types) check_type(type);
    check_generations();
    check_server(pattern);
    std::ranges::stable_sort(report_.findings, {}, &Finding::level);
    return std::move(report_);
  }

 private:
  void find(Level level, const std::string& about, std::string what, std::string advice) {
    report_.findings.push_back({level, about, std::move(what), std::move(advice)});
  }

  [[nodiscard]] std::vector<const Index*> behind(const std::string& alias) const {
    std::vector<const Index*> found;
    for (const Index& index : all_) {
      if (index.name == alias || index.has_alias(alias)) found.push_back(&index);
    }
    return found;
  }

  void check_type(const std::string& type) {
    if (type.find('-') != std::string::npos) {
      find(Level::stops_guppy, type, "the type's name has a -, which GraphQL does not take",
           "name the type differently");
    }
    const auto indexes = behind(type);
    if (indexes.empty()) {
      find(Level::stops_guppy, type, "there is no index or alias of this name",
           "load a project of this type, or take the type out of guppy's configuration");
      return;
    }
    report_.indexes += indexes.size();
    for (const Index* index : indexes) check_fields(*index);
    if (indexes.size() > 1) check_differences(type, indexes);
    check_access(type);
    check_lists(type, indexes);
  }

  void check_fields(const Index& index) {
    const json properties = properties_of(index.mapping);
    if (properties.empty()) {
      find(Level::stops_guppy, index.name, "the index has no fields", "load its project, or remove the index");
    }
    std::vector<std::string> types;
    std::vector<std::string> bad_names;
    walk(properties, "", [&](const std::string& path, const std::string& name, const std::string& type) {
      if (!is_guppy_type(type)) types.push_back(fmt::format("{} ({})", path, type));
      if (!is_guppy_name(name)) bad_names.push_back(path);
    });
    const char* const again = "a field cannot be changed or removed: load the project again, which makes a new index";
    if (!types.empty()) {
      find(Level::stops_guppy, index.name,
           fmt::format("guppy does not know the type of {}: {}", counted(types.size(), "field"), names(types)), again);
    }
    if (!bad_names.empty()) {
      find(Level::stops_guppy, index.name,
           fmt::format("{} no name in GraphQL: {}",
                       bad_names.size() == 1 ? "a field has" : fmt::format("{} fields have", bad_names.size()),
                       names(bad_names)),
           again);
    }
    const auto dynamic = index.mapping.find("dynamic");
    const std::string value = dynamic == index.mapping.end() ? "true"
                              : dynamic->is_string()         ? dynamic->get<std::string>()
                                                             : dynamic->dump();
    if (value == "true") {
      find(Level::warning, index.name,
           "the mapping is dynamic: a document with a new field adds it, with a type that guppy may not know (date, "
           "boolean)",
           "load the project with this program, or set `dynamic` to false");
    }
  }

  template <typename Take>
  void walk(const json& properties, const std::string& path, Take&& take) {
    for (const auto& [name, field] : properties.items()) {
      const std::string whole = path.empty() ? name : fmt::format("{}.{}", path, name);
      take(whole, name, type_of_field(field));
      walk(properties_of(field), whole, take);
    }
  }

  void check_differences(const std::string& type, const std::vector<const Index*>& indexes) {
    std::map<std::string, std::map<std::string, std::vector<std::string>>> seen;  // field -> type -> indexes
    for (const Index* index : indexes) {
      walk(properties_of(index->mapping), "",
           [&](const std::string& path, const std::string&, const std::string& kind) {
             seen[path][kind].push_back(index->name);
           });
    }
    std::vector<std::string> missing;
    for (const auto& [field, kinds] : seen) {
      std::size_t have = 0;
      for (const auto& [kind, where] : kinds) have += where.size();
      if (have < indexes.size()) missing.push_back(field);
      if (kinds.size() < 2) continue;
      std::vector<std::string> each;
      for (const auto& [kind, where] : kinds) each.push_back(fmt::format("{} in {}", kind, names(where)));
      find(Level::wrong_answers, type, fmt::format("the field {} has several types: {}", field, names(each)),
           "load the projects of the indexes that are wrong again");
    }
    if (missing.empty()) return;
    find(
        Level::wrong_answers, type,
        fmt::format("{} not in all {} indexes behind the alias: {}; guppy knows the fields of one of them, and sorting "
                    "by such a field leaves documents out",
                    missing.size() == 1 ? "a field is" : fmt::format("{} fields are", missing.size()), indexes.size(),
                    names(missing)),
        "load any project of this type with this program: it adds the fields to all indexes");
  }

  [[nodiscard]] std::uint64_t count_without(const std::string& alias, const std::string& field) {
    const json query{{"query", {{"bool", {{"must_not", {{"exists", {{"field", field}}}}}}}}}};
    const json answer = server_.post("count the documents without " + field,
                                     fmt::format("/{}/_count", net::path_segment(alias)), query);
    return member(answer, "count", std::uint64_t{0});
  }

  void check_access(const std::string& type) {
    if (const auto count = count_without(type, "auth_resource_path"); count > 0) {
      find(Level::wrong_answers, type,
           fmt::format("{} without auth_resource_path: nobody sees them (private), everybody does (libre), or all "
                       "queries of everybody are refused (regular)",
                       counted(count, "document")),
           "load the projects again that they belong to");
    }
    if (const auto count = count_without(type, "project_id"); count > 0) {
      find(Level::warning, type, counted(count, "document") + " without project_id",
           "load the projects again that they belong to");
    }
  }

  /// Fields that array-config lists must be lists in every document, and the other ones in none.
  void check_lists(const std::string& type, const std::vector<const Index*>& indexes) {
    std::set<std::string> listed;
    const std::string config = type + "_array-config";
    const auto configs = behind(config);
    bool there = false;
    for (const Index* index : configs) {
      const auto found = server_.find(
          "read " + index->name, fmt::format("/{}/_doc/{}", net::path_segment(index->name), net::path_segment(type)));
      if (!found || !member(*found, "found", false)) continue;
      there = true;
      const json array = member(*found, json::json_pointer("/_source/array"), json::array());
      for (const json& name : array) {
        if (name.is_string()) listed.insert(name.get<std::string>());
      }
    }
    if (!there) {
      find(Level::warning, type,
           fmt::format("there is no document {} in {}: guppy takes no field for a list", type, config),
           "load a project of this type");
    }
    std::set<std::string> single;
    std::set<std::string> several;
    for (const Index* index : indexes) sample(index->name, listed, single, several);
    const auto list = [](const std::set<std::string>& set) { return names({set.begin(), set.end()}); };
    if (!single.empty()) {
      find(Level::wrong_answers, type,
           fmt::format(
               "array-config lists fields that are no lists in some documents: {}; guppy answers null with an error",
               list(single)),
           "load the projects of this type again");
    }
    if (!several.empty()) {
      find(Level::wrong_answers, type,
           fmt::format("fields are lists in some documents, and array-config does not list them: {}; guppy answers "
                       "null with an error",
                       list(several)),
           "load the projects of this type again");
    }
  }

  void sample(const std::string& index, const std::set<std::string>& listed, std::set<std::string>& single,
              std::set<std::string>& several) {
    const json answer = server_.post("read documents of " + index, fmt::format("/{}/_search", net::path_segment(index)),
                                     {{"size", kSample}, {"query", {{"match_all", json::object()}}}});
    const json::json_pointer at("/hits/hits");
    if (!answer.contains(at)) return;
    for (const json& hit : answer[at]) {
      const json source = member(hit, "_source", json::object());
      for (const auto& [name, value] : source.items()) {
        if (value.is_null()) continue;
        if (value.is_array() && !listed.contains(name) && !value.empty() && !value.front().is_object())
          several.insert(name);
        if (!value.is_array() && listed.contains(name)) single.insert(name);
      }
    }
  }

  void check_generations() {
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> live;
    std::vector<std::string> unfinished;
    for (const Index& index : all_) {
      if (!index.meta) continue;
      if (index.has_alias(index.meta->type)) live[{index.meta->type, index.meta->project}].push_back(index.name);
      if (!index.meta->complete) unfinished.push_back(index.name);
    }
    for (const auto& [what, where] : live) {
      if (where.size() < 2) continue;
      find(Level::wrong_answers, what.first,
           fmt::format("several generations of {} are behind the alias, so its documents count twice: {}", what.second,
                       names(where)),
           "load the project again with --force");
    }
    if (!unfinished.empty()) {
      find(Level::warning, prefix_,
           fmt::format("{} unfinished: {}; a load is at work or was killed",
                       unfinished.size() == 1 ? "an index is" : "indexes are", names(unfinished)),
           "load the project again: that removes what a killed load has left");
    }
  }

  void check_server(const std::string& pattern) {
    const net::Response blocks =
        server_.send("GET", fmt::format("/{}/"
                                        "_settings?ignore_unavailable=true&allow_no_indices=true&flat_settings=true&"
                                        "filter_path=*.settings.index.blocks.*",
                                        net::percent_encode(pattern)));
    std::vector<std::string> blocked;
    const json settings = try_parse_json(blocks.body);
    if (blocks.ok() && settings.is_object()) {
      for (const auto& [name, what] : settings.items()) {
        const json flat = member(what, "settings", json::object());
        if (text_member(flat, "index.blocks.read_only_allow_delete") == "true") blocked.push_back(name);
      }
    }
    if (!blocked.empty()) {
      find(Level::wrong_answers, "server",
           fmt::format("{} no documents since the disk was full (flood-stage watermark): {}",
                       blocked.size() == 1 ? "an index takes" : "indexes take", names(blocked)),
           "free disk space; then, if the server does not lift the block by itself, set "
           "index.blocks.read_only_allow_delete to null");
    }
    const net::Response answered = server_.send("GET", "/_cluster/health");
    const json health = try_parse_json(answered.body);
    if (!answered.ok() || !health.is_object()) return;
    if (text_member(health, "status") == "red") {
      find(Level::wrong_answers, "server",
           "the cluster is red: some shards are not there, and answers lack their documents",
           "look at the log of the search server");
    }
    const net::Response limits = server_.send(
        "GET", "/_cluster/settings?include_defaults=true&flat_settings=true&filter_path=*.cluster.max_shards_per_node");
    const json all = try_parse_json(limits.body);
    if (!limits.ok() || !all.is_object()) return;
    std::string limit = "1000";
    for (const char* layer : {"defaults", "persistent", "transient"}) {
      limit = member(member(all, layer, json::object()), "cluster.max_shards_per_node", limit);
    }
    const std::uint64_t most = std::strtoull(limit.c_str(), nullptr, 10) *
                               std::max<std::uint64_t>(1, member(health, "number_of_data_nodes", std::uint64_t{1}));
    const std::uint64_t now = member(health, "active_shards", std::uint64_t{0});
    if (now * 10 >= most * 8) {
      find(Level::warning, "server",
           fmt::format("{} of {} shards are used; each project has an index for each type, and two while it is loaded",
                       now, most),
           "raise cluster.max_shards_per_node or add a node");
    }
  }

  Server& server_;
  std::string prefix_;
  std::vector<Index> all_;
  CheckReport report_;
};

}  // namespace

const char* name_of(Finding::Level level) {
  switch (level) {
    case Level::stops_guppy:
      return "stops guppy";
    case Level::wrong_answers:
      return "wrong answers";
    case Level::warning:
      break;
  }
  return "warning";
}

CheckReport check_indexes(Server& server, const std::string& prefix, const std::vector<std::string>& types) {
  check_prefix(prefix);
  return Checker(server, prefix).run(types);
}

}  // namespace etl::search
