#include "search/shared_index.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "net/encode.hpp"
#include "search/answer.hpp"
#include "search/json_member.hpp"
#include "search/mapping.hpp"
#include "search/project_lock.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

/// The field by which a whole value is found: of a text, its keyword. Empty: there is none.
std::string exact_field(const json& properties, const char* name) {
  const auto field = properties.find(name);
  if (field == properties.end()) return {};
  if (type_of_field(*field) == "keyword") return name;
  const json::json_pointer keyword("/fields/keyword");
  return field->contains(keyword) ? fmt::format("{}.keyword", name) : "";
}

std::string notes_index(const std::string& prefix) { return prefix + "_aced-etl-loads"; }

std::string path_of_note(const std::string& prefix, std::string_view type, const ProjectId& project) {
  return fmt::format("/{}/_doc/{}", net::path_segment(notes_index(prefix)),
                     net::path_segment(fmt::format("{}:{}", type, project.str())));
}

double real_member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

}  // namespace

std::string shared_index_name(std::string_view prefix, std::string_view type) {
  return fmt::format("{}_{}_0", prefix, type);
}

std::string type_of_shared(const Index& index, std::string_view prefix) {
  if (index.meta) return {};
  for (const auto& [alias, options] : index.aliases) {
    if (index.name == shared_index_name(prefix, alias)) return alias;
  }
  return {};
}

json query_of_project(const Index& index, const ProjectId& project) {
  const json properties = properties_of(index.mapping);
  json any = json::array();
  const std::array<std::pair<const char*, std::string>, 2> known{
      {{"project_id", project.str()}, {"auth_resource_path", project.resource_path()}}};
  for (const auto& [name, value] : known) {
    if (const std::string field = exact_field(properties, name); !field.empty()) {
      any.push_back({{"term", {{field, value}}}});
    }
  }
  if (any.empty()) {
    throw RefusedError(
        fmt::format("the index {} has neither project_id nor auth_resource_path as a field to find a project by",
                    index.name),
        {}, "look at its mapping: it was made by a tool that this program does not know");
  }
  return {{"bool", {{"should", any}}}};
}

Fingerprint fingerprint(Server& server, const Index& index, const ProjectId& project) {
  const std::string what = "look at the documents of " + index.name;
  const std::string path = "/" + net::path_segment(index.name);
  refresh_index(server, index.name);
  const json answer = server.post(what, path + "/_search",
                                  {{"size", 0},
                                   {"query", query_of_project(index, project)},
                                   {"aggs", {{"changes", {{"stats", {{"field", "_seq_no"}}}}}}}});
  if (member(answer, json::json_pointer("/_shards/failed"), 1L) != 0) {
    throw UnavailableError(what + ": a shard did not answer", net::without_query(server.url()), "run again");
  }
  const json stats = member(answer, json::json_pointer("/aggregations/changes"), json::object());
  return {.documents = member(stats, "count", std::uint64_t{0}),
          .least = real_member(stats, "min"),
          .greatest = real_member(stats, "max"),
          .sum = real_member(stats, "sum")};
}

std::optional<SharedNote> read_note(Server& server, const std::string& prefix, std::string_view type,
                                    const ProjectId& project) {
  const auto found = server.find("read what the last load of the project noted", path_of_note(prefix, type, project));
  if (!found || !member(*found, "found", false)) return std::nullopt;
  const json source = member(*found, "_source", json::object());
  return SharedNote{.index = text_member(source, "index"),
                    .digest = text_member(source, "digest"),
                    .source = text_member(source, "source"),
                    .fingerprint = {.documents = member(source, "documents", std::uint64_t{0}),
                                    .least = real_member(source, "least_change"),
                                    .greatest = real_member(source, "greatest_change"),
                                    .sum = real_member(source, "sum_of_changes")},
                    .loaded = member(source, "loaded", std::int64_t{0})};
}

void write_note(Server& server, const std::string& prefix, std::string_view type, const ProjectId& project,
                const SharedNote& note) {
  const std::string index = notes_index(prefix);
  if (server.send("HEAD", "/" + net::path_segment(index)).status == 404) {
    try {
      create_index(server, index, {{"index", {{"number_of_shards", 1}, {"auto_expand_replicas", "0-1"}}}},
                   {{"dynamic", false}});
    } catch (const RefusedError&) {
      if (server.send("HEAD", "/" + net::path_segment(index)).status == 404) throw;
    }
  }
  server.put("note what was loaded", path_of_note(prefix, type, project),
             {{"index", note.index},
              {"digest", note.digest},
              {"source", note.source},
              {"documents", note.fingerprint.documents},
              {"least_change", note.fingerprint.least},
              {"greatest_change", note.fingerprint.greatest},
              {"sum_of_changes", note.fingerprint.sum},
              {"loaded", note.loaded}});
}

void remove_note(Server& server, const std::string& prefix, std::string_view type, const ProjectId& project) {
  const std::string path = path_of_note(prefix, type, project);
  const net::Response answer = server.send("DELETE", path);
  if (!answer.ok() && answer.status != 404) refuse("forget what was loaded", answer, server.url() + path);
}

void remove_documents(Server& server, const std::string& index, const json& query) {
  const std::string what = "remove documents of " + index;
  const json answer =
      server.post(what, fmt::format("/{}/_delete_by_query?refresh=true&conflicts=proceed", net::path_segment(index)),
                  {{"query", query}});
  const auto failures = member(answer, "failures", json::array());
  if (member(answer, "timed_out", false) || !failures.empty() || member(answer, "version_conflicts", 0L) != 0) {
    throw UnavailableError(
        fmt::format("{}: the server removed {} of {}", what, human_count(member(answer, "deleted", std::uint64_t{0})),
                    counted(member(answer, "total", std::uint64_t{0}), "document")),
        net::without_query(server.url()),
        "run again; another program may have changed the documents at the same moment");
  }
}

std::vector<SharedHolding> shared_holdings(Server& server, const std::string& prefix, const ProjectId& project) {
  check_prefix(prefix);
  std::vector<SharedHolding> holdings;
  for (const Index& index : read_indexes(server, prefix + "_*_0")) {
    const std::string type = type_of_shared(index, prefix);
    if (type.empty()) continue;
    const std::uint64_t documents = fingerprint(server, index, project).documents;
    if (documents > 0) holdings.push_back({index, type, documents});
  }
  return holdings;
}

void remove_from_shared(Server& server, const LoadRequest& request) {
  ProjectLock lock(server, request.state_dir, request.prefix, request.what, request.project);
  for (const SharedHolding& holding : shared_holdings(server, request.prefix, request.project)) {
    remove_documents(server, holding.index.name, query_of_project(holding.index, request.project));
    remove_note(server, request.prefix, holding.type, request.project);
  }
}

}  // namespace etl::search
