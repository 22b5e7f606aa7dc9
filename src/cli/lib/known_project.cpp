#include "cli/lib/known_project.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/suggestion.hpp"
#include "gen3/project_making.hpp"
#include "graph/projects.hpp"

namespace etl::cli {
namespace {

void require(const std::vector<std::string>& known, const ProjectId& project, const std::string& where) {
  if (std::ranges::find(known, project.str()) != known.end()) return;
  throw UsageError(fmt::format("the project {} does not exist", project.str()), where,
                   did_you_mean(project.str(), known, "`aced-etl projects ls` lists the projects"));
}

}  // namespace

void require_project(graph::Connection& connection, const ProjectId& project) {
  std::vector<std::string> known;
  for (const auto& row : graph::list_projects(connection)) known.push_back(row.id.str());
  require(known, project, connection.where());
}

void require_project(Commons& commons, const ProjectId& project) {
  std::vector<std::string> known;
  try {
    for (const ProjectId& id : gen3::list_projects(commons.sheepdog)) known.push_back(id.str());
  } catch (const StoppedError&) {
    throw;
  } catch (const Error& error) {
    log::debug("cannot find out from sheepdog whether the project {} exists: {}", project.str(), error.what());
    return;
  }
  if (!known.empty()) require(known, project, commons.session.endpoint());
}

}  // namespace etl::cli
