#include "search/removal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/log.hpp"
#include "search/array_config.hpp"
#include "search/json_member.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

std::string pattern_of(const std::string& prefix, const std::vector<DocumentType>& types) {
  std::string pattern = prefix + "_*";
  for (const DocumentType& type : types) {
    for (const std::string& alias : type.aliases) pattern += "," + alias;
  }
  return pattern;
}

/// What a rollback does with one type.
struct Step {
  const DocumentType* type = nullptr;
  const Index* from = nullptr;
  const Index* to = nullptr;  ///< null: the earlier load had no documents of this type
};

const Index* of_load(const Generations& generations, const std::string& load) {
  const auto found = std::ranges::find_if(
      generations.indexes, [&](const Index& index) { return index.meta->complete && index.meta->load == load; });
  return found == generations.indexes.end() ? nullptr : &*found;
}

/// Gives the index that readers are to see the fields that the others behind the alias have, and the other way round.
void level_mappings(Server& server, const std::vector<Index>& all, const Step& step) {
  UnionMapping whole;
  std::vector<const Index*> indexes{step.to};
  for (const Index& index : all) {
    if (index.has_alias(step.type->aliases.front()) && &index != step.from && index.name != step.from->name) {
      indexes.push_back(&index);
    }
  }
  for (const Index* index : indexes) whole.add_existing(properties_of(index->mapping), index->name);
  for (const Index* index : indexes) {
    const json missing = whole.missing_in(properties_of(index->mapping));
    if (!missing.empty()) put_mapping(server, index->name, missing, member(index->mapping, "_meta", json()));
  }
}

}  // namespace

std::vector<Holding> holdings_of(Server& server, const std::string& prefix, const ProjectId& project,
                                 const std::vector<DocumentType>& types) {
  check_prefix(prefix);
  const auto all = read_indexes(server, pattern_of(prefix, types));
  std::vector<Holding> holdings;
  for (const DocumentType& type : types) {
    const Generations generations = generations_of(all, type.name, project);
    if (generations.indexes.empty()) continue;
    Holding holding{.type = type.name, .documents = 0, .indexes = {}};
    if (const Index* const live = generations.live(type.aliases.front())) {
      holding.documents = count_documents(server, live->name);
    }
    for (const Index& index : generations.indexes) holding.indexes.push_back(index.name);
    holdings.push_back(std::move(holding));
  }
  return holdings;
}

std::vector<DocumentType> types_of_project(Server& server, const std::string& prefix, const ProjectId& project) {
  check_prefix(prefix);
  std::map<std::string, DocumentType> types;
  for (const Index& index : read_indexes(server, prefix + "_*")) {
    if (!index.meta || index.meta->project != project.str() || index.meta->type == "fhir") continue;
    DocumentType& type = types[index.meta->type];
    type.name = index.meta->type;
    type.aliases = guppy_names(prefix, type.name);
    if (index.has_alias(type.aliases.front()) || type.properties.empty())
      type.properties = properties_of(index.mapping);
  }
  std::vector<DocumentType> found;
  for (auto& [name, type] : types) found.push_back(std::move(type));
  return found;
}

void remove_project(Server& server, LoadRequest request) {
  request.digest.clear();
  ProjectLoad load(server, std::move(request));
  load.begin();
  static_cast<void>(load.finish());
  load.remove_previous();
}

std::vector<std::pair<std::string, std::string>> roll_back(Server& server, const LoadRequest& request) {
  check_prefix(request.prefix);
  std::optional<ProjectLock> lock;
  if (!request.dry_run) lock.emplace(server, request.state_dir, request.prefix, request.what, request.project);
  const auto all = read_indexes(server, pattern_of(request.prefix, request.types));
  std::vector<Generations> generations;
  const Index* newest = nullptr;
  for (const DocumentType& type : request.types) {
    generations.push_back(generations_of(all, type.name, request.project));
  }
  for (std::size_t n = 0; n < request.types.size(); ++n) {
    const Index* const previous = generations[n].previous(request.types[n].aliases.front());
    if (previous == nullptr) continue;
    if (newest == nullptr || previous->meta->loaded > newest->meta->loaded) newest = previous;
  }
  if (newest == nullptr) {
    throw UsageError(fmt::format("there is no previous generation of {}", request.project.str()),
                     net::without_query(server.url()),
                     "`aced-etl search ls` shows the generations; `search load --keep` says how many stay");
  }
  std::vector<Step> steps;
  for (std::size_t n = 0; n < request.types.size(); ++n) {
    const DocumentType& type = request.types[n];
    const Index* const live = generations[n].live(type.aliases.front());
    if (live == nullptr) {
      if (const Index* to = of_load(generations[n], newest->meta->load)) steps.push_back({&type, nullptr, to});
      continue;
    }
    if (live->meta->load == newest->meta->load) continue;
    const Index* const to = of_load(generations[n], newest->meta->load);
    // The earlier load may have been of other types alone: then these documents are none of its business.
    if (to == nullptr && std::ranges::find(newest->meta->empty, type.name) == newest->meta->empty.end()) continue;
    const bool alone = std::ranges::none_of(
        all, [&](const Index& index) { return index.has_alias(type.aliases.front()) && index.name != live->name; });
    if (to == nullptr && alone && type.for_guppy) {
      throw RefusedError(
          fmt::format("the earlier load of {} had no documents of the type {}, and guppy needs an index of it",
                      request.project.str(), type.name),
          net::without_query(server.url()), "load the study as it was then, instead");
    }
    steps.push_back({&type, live, to});
  }
  std::vector<std::pair<std::string, std::string>> done;
  json actions = json::array();
  for (const Step& step : steps) {
    done.emplace_back(step.type->name, step.to == nullptr ? "" : step.to->name);
    for (const std::string& alias : step.type->aliases) {
      if (step.from != nullptr && step.from->has_alias(alias)) {
        actions.push_back({{"remove", {{"index", step.from->name}, {"alias", alias}}}});
      }
      if (step.to != nullptr) actions.push_back({{"add", {{"index", step.to->name}, {"alias", alias}}}});
    }
  }
  if (request.dry_run || actions.empty()) return done;
  for (const Step& step : steps) {
    if (step.to != nullptr && step.from != nullptr) level_mappings(server, all, step);
  }
  lock->confirm();
  server.post("let readers see the previous generation", "/_aliases", {{"actions", actions}}, false);
  return done;
}

}  // namespace etl::search
