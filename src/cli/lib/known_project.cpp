#include "cli/lib/known_project.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/suggestion.hpp"
#include "cli/lib/database.hpp"
#include "gen3/project_making.hpp"
#include "gen3/settings.hpp"
#include "graph/projects.hpp"

namespace etl::cli {
namespace {

std::vector<std::string> names_of(const std::vector<ProjectId>& projects) {
  std::vector<std::string> names;
  names.reserve(projects.size());
  for (const ProjectId& id : projects) names.push_back(id.str());
  return names;
}

void require(const std::vector<std::string>& names, const ProjectId& project, const std::string& where) {
  if (std::ranges::find(names, project.str()) != names.end()) return;
  throw UsageError(fmt::format("the project {} does not exist", project.str()), where,
                   did_you_mean(project.str(), names, "`aced-etl projects ls` lists the projects"));
}

/// The projects of the commons or, without one, of the graph; empty where neither can be asked.
std::vector<ProjectId> existing_projects(const Context& context) {
  std::vector<ProjectId> known;
  try {
    if (gen3::has_commons(context.settings)) {
      Commons commons(context);
      return gen3::list_projects(commons.sheepdog);
    }
    if (!config::database_address(context.settings).unnamed.empty()) return known;
    auto connection = connect(context);
    for (const auto& row : graph::list_projects(connection)) known.push_back(row.id);
  } catch (const StoppedError&) {
    throw;
  } catch (const Error& error) {
    log::debug("cannot find out which projects exist: {}", error.what());
  }
  return known;
}

}  // namespace

void require_project(const std::vector<ProjectId>& known, const ProjectId& project, const std::string& where) {
  require(names_of(known), project, where);
}

void require_project(graph::Connection& connection, const ProjectId& project) {
  std::vector<ProjectId> known;
  for (const auto& row : graph::list_projects(connection)) known.push_back(row.id);
  require_project(known, project, connection.where());
}

void require_project(Commons& commons, const ProjectId& project) {
  std::vector<ProjectId> known;
  try {
    known = gen3::list_projects(commons.sheepdog);
  } catch (const StoppedError&) {
    throw;
  } catch (const Error& error) {
    log::debug("cannot find out from sheepdog whether the project {} exists: {}", project.str(), error.what());
    return;
  }
  if (!known.empty()) require_project(known, project, commons.session.endpoint());
}

void require_project(const Context& context, const std::vector<std::string>& loaded, const ProjectId& project,
                     const std::string& where) {
  if (std::ranges::find(loaded, project.str()) != loaded.end()) return;
  const auto known = existing_projects(context);
  if (known.empty() && nearest(project.str(), loaded).empty()) return;
  std::vector<std::string> names = names_of(known);
  names.insert(names.end(), loaded.begin(), loaded.end());
  require(names, project, where);
}

}  // namespace etl::cli
