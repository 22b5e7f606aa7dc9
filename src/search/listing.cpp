#include "search/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "net/encode.hpp"
#include "search/fhir_store.hpp"
#include "search/json_member.hpp"
#include "search/mapping.hpp"
#include "search/shared_index.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

struct Size {
  std::uint64_t documents = 0;
  std::uint64_t bytes = 0;
};

std::map<std::string, Size> sizes_of(Server& server, const std::string& pattern) {
  const json answer = server.get(
      "look at the sizes of the indexes",
      fmt::format(
          "/{}/_stats/docs,store?ignore_unavailable=true&allow_no_indices=true&filter_path=indices.*.primaries.docs."
          "count,indices.*.total.store.size_in_bytes",
          net::percent_encode(pattern)));
  std::map<std::string, Size> sizes;
  if (!answer.is_object() || !answer.contains("indices")) return sizes;
  for (const auto& [name, stats] : answer["indices"].items()) {
    sizes[name] = {member(stats, json::json_pointer("/primaries/docs/count"), std::uint64_t{0}),
                   member(stats, json::json_pointer("/total/store/size_in_bytes"), std::uint64_t{0})};
  }
  return sizes;
}

std::vector<std::string> names_of(const Index& index) {
  std::vector<std::string> names;
  for (const auto& [alias, options] : index.aliases) names.push_back(alias);
  return names;
}

/// The aliases `{type}` of the indexes that this program made or that projects share, and `fhir`.
std::set<std::string> reader_aliases(const std::vector<Index>& all, const std::string& prefix) {
  std::set<std::string> aliases{kFhirAlias};
  for (const Index& index : all) {
    if (const std::string shared = type_of_shared(index, prefix); !shared.empty()) aliases.insert(shared);
    if (index.meta && !index.meta->type.empty()) aliases.insert(index.meta->type);
  }
  return aliases;
}

std::string pattern_with(const std::string& prefix, const std::set<std::string>& aliases) {
  std::string pattern = prefix + "_*";
  for (const std::string& alias : aliases) pattern += "," + alias;
  return pattern;
}

std::string state_of(const Index& index, const std::vector<Index>& all, const std::string& prefix) {
  if (!index.meta) return type_of_shared(index, prefix).empty() ? "other" : "shared";
  if (!index.aliases.empty()) return "live";
  if (!index.meta->complete) return "unfinished";
  const bool newer = std::ranges::any_of(all, [&](const Index& other) {
    return other.meta && !other.aliases.empty() && other.meta->project == index.meta->project &&
           other.meta->type == index.meta->type && other.meta->generation > index.meta->generation;
  });
  return newer ? "previous" : "rolled-back";
}

}  // namespace

std::vector<ListedIndex> list_indexes(Server& server, const std::string& prefix) {
  check_prefix(prefix);
  auto all = read_indexes(server, prefix + "_*");
  const std::string pattern = pattern_with(prefix, reader_aliases(all, prefix));
  all = read_indexes(server, pattern);
  const auto sizes = sizes_of(server, pattern);
  std::vector<ListedIndex> listed;
  for (const Index& index : all) {
    ListedIndex row{.index = index.name,
                    .project = index.meta ? index.meta->project : "",
                    .type = index.meta ? index.meta->type : type_of_shared(index, prefix),
                    .generation = index.meta ? index.meta->generation : 0,
                    .state = state_of(index, all, prefix),
                    .aliases = names_of(index),
                    .documents = 0,
                    .bytes = 0,
                    .created = index.created};
    if (const auto size = sizes.find(index.name); size != sizes.end()) {
      row.documents = size->second.documents;
      row.bytes = size->second.bytes;
    }
    listed.push_back(std::move(row));
  }
  std::ranges::sort(listed, [](const ListedIndex& a, const ListedIndex& b) {
    return std::tie(a.type, a.project, a.generation, a.index) < std::tie(b.type, b.project, b.generation, b.index);
  });
  return listed;
}

std::vector<SeenCount> seen_counts(Server& server, const std::string& prefix) {
  check_prefix(prefix);
  const auto all = read_indexes(server, prefix + "_*");
  std::vector<SeenCount> counts;
  for (const std::string& alias : reader_aliases(all, prefix)) {
    // No reader alias, no answer: 404.
    if (server.send("HEAD", "/_alias/" + net::path_segment(alias)).status == 404) continue;
    const char* const field = alias == kFhirAlias ? "auth_resource_path" : "project_id";
    constexpr int most = 10'000;
    const json query{{"size", 0}, {"aggs", {{"by", {{"terms", {{"field", field}, {"size", most}}}}}}}};
    const json answer =
        server.post("count the documents behind " + alias, fmt::format("/{}/_search", net::path_segment(alias)), query);
    const json::json_pointer at("/aggregations/by/buckets");
    if (!answer.contains(at)) continue;
    for (const json& bucket : answer[at]) {
      std::string project = text_member(bucket, "key");
      // `/programs/P/projects/Q`
      constexpr std::string_view programs = "/programs/";
      constexpr std::string_view projects = "/projects/";
      if (const auto middle = project.find(projects); project.starts_with(programs) && middle != std::string::npos) {
        project =
            project.substr(programs.size(), middle - programs.size()) + "-" + project.substr(middle + projects.size());
      }
      counts.push_back({alias, std::move(project), member(bucket, "doc_count", std::uint64_t{0})});
    }
  }
  std::ranges::sort(counts, [](const SeenCount& a, const SeenCount& b) {
    return std::tie(a.project, a.type) < std::tie(b.project, b.type);
  });
  return counts;
}

}  // namespace etl::search
