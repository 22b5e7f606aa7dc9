#include "stand_in/entities.hpp"
#include "stand_in/sheepdog.hpp"

namespace etl::stand_in {
namespace {

ProjectId project_of(const Request& request) { return {request.part("program"), request.part("project")}; }

std::string resource_of(const ProjectId& project) {
  return "/programs/" + project.program + "/projects/" + project.code;
}

constexpr auto kUnauthorized = "user is unauthorized";

}  // namespace

void Sheepdog::add_entity_routes(Router& router) {
  const std::string project = "/api/v0/submission/{program}/{project}";
  for (const auto* method : {"PUT", "POST"}) {
    router.add(method, project, [this](const Request& request) { return submit(request, false); });
    router.add(method, project + "/_dry_run", [this](const Request& request) { return submit(request, true); });
  }
  // Broken in the release that was recorded.
  router.add("PUT", project + "/bulk", [](const Request& request) {
    if (Json::parse(request.body, nullptr, false).is_array()) return sheepdog_error(500, "internal server error");
    return sheepdog_error(400, "Bulk transfers must be an array of JSON objects");
  });
  router.add("DELETE", project + "/entities/_dry_run/{ids}",
             [this](const Request& request) { return remove_entities(request, true); });
  router.add("DELETE", project + "/entities/{ids}",
             [this](const Request& request) { return remove_entities(request, false); });
}

Answer Sheepdog::submit(const Request& request, bool dry_run) {
  const auto project = project_of(request);
  auto connection = graph();
  if (!program_node(*connection, project.program)) {
    return sheepdog_error(404, "Program " + project.program + " not found");
  }
  if (!project_node(*connection, project.program, project.code)) {
    return sheepdog_error(404, "Project " + project.code + " not found");
  }
  const auto token = require_right(request, "create", resource_of(project), kUnauthorized);
  if (request.method == "PUT") (void)require_right(request, "update", resource_of(project), kUnauthorized);
  const auto entities = read_entities(request);
  if (request.param("async") == "true") return sheepdog_error(500, "internal server error");
  const auto number = new_transaction(*connection, project.str(), token.user);
  const auto mode = dry_run                    ? Submission::Mode::dry_run
                    : request.method == "POST" ? Submission::Mode::post
                                               : Submission::Mode::put;
  const auto answer = Submission(*connection, dictionary_, schemas_, project, number, mode).submit(entities);
  return json_answer(answer, answer["code"].get<int>());
}

Answer Sheepdog::remove_entities(const Request& request, bool dry_run) {
  const auto project = project_of(request);
  const auto token = require_right(request, "delete", resource_of(project), kUnauthorized);
  auto connection = graph();
  const auto number = new_transaction(*connection, project.str(), token.user);
  const auto answer = stand_in::remove_entities(*connection, dictionary_, project, comma_separated(request.part("ids")),
                                                number, dry_run);
  return json_answer(answer, answer["code"].get<int>());
}

}  // namespace etl::stand_in
