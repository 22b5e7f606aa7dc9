#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/counted.hpp"
#include "base/project_id.hpp"
#include "base/uuid.hpp"
#include "checks/doctor.hpp"
#include "config/study_entry.hpp"
#include "gen3/answer.hpp"
#include "gen3/indexd.hpp"
#include "gen3/project_making.hpp"
#include "gen3/session.hpp"
#include "gen3/sheepdog.hpp"

namespace etl::checks {
namespace {

/// Does the service answer at its public path? A revproxy without a route answers with a page of its own.
bool is_up(Report& report, gen3::Session& session, const std::string& name, const std::string& path) {
  return report.guard(name, [&] {
    const gen3::Call call{.path = path, .with_token = false};
    const net::Response answer = session.call(call);
    if (answer.ok() && answer.body.find("Healthy") != std::string::npos) return;
    if (answer.ok() || answer.status == 404) {
      throw UsageError(fmt::format("HTTP {}, but the answer is not {}'s", answer.status, name), session.address(call),
                       fmt::format("check the address of the commons and the revproxy's route to {}", name));
    }
    gen3::refuse(name, answer, session.address(call));
  });
}

/// indexd takes an unauthenticated request for most of what can be asked without a change, so the token is tried with a
/// record that names its url twice: indexd 6.3 looks at the token first and answers 409, without making a record
/// (recorded exchange `create_duplicate_urls`). Should a version make it, it is removed at once.
void try_indexd_token(Report& report, gen3::Session& session, const ProjectId& project) {
  const std::string name = "indexd, " + project.str();
  report.guard(name, [&] {
    const std::string did = random_uuid();
    const std::string url = "s3://aced-etl-doctor/" + did;
    const gen3::Call call{.method = "POST",
                          .path = "/index/index/",
                          .body = nlohmann::json{{"form", "object"},
                                                 {"did", did},
                                                 {"size", 0},
                                                 {"hashes", {{"md5", "d41d8cd98f00b204e9800998ecf8427e"}}},
                                                 {"urls", {url, url}},
                                                 {"authz", {project.resource_path()}}},
                          .repeatable = false};
    const net::Response answer = session.call(call);
    if (answer.ok()) {
      gen3::Indexd indexd(session);
      if (const auto record = indexd.get(did)) indexd.remove(did, record->rev);
    } else if (answer.status != 409) {
      gen3::refuse("indexd does not accept a record", answer, session.address(call));
    }
    report.ok(name, "accepts the token and records of the project");
  });
}

/// A project that a run would have to make, with a user who may make none.
void check_projects_can_be_made(Report& report, const config::Settings& settings, gen3::Sheepdog& sheepdog,
                                const gen3::User& user) {
  if (may_make_projects(user)) return;
  for (const config::StudyEntry& study : settings.studies()) {
    if (!study.enabled || skips(study, "projects")) continue;
    const auto found = gen3::make_projects(sheepdog, {study.project}, true).front();
    if (found.program == gen3::ProjectMade::State::exists && found.project == gen3::ProjectMade::State::exists)
      continue;
    report.fail(
        "making " + study.project.str(),
        fmt::format("the project does not exist, and {} may make no programs and projects through sheepdog", user.name),
        "grant the sheepdog admin's policy in user.yaml, or make it: `aced-etl projects init --via database`",
        ExitCode::not_allowed);
  }
}

/// The records of the discovery page, where a run writes them.
void check_metadata_service(Report& report, gen3::Session& session, const gen3::User* user) {
  const std::string name = "metadata-service";
  const bool up = report.guard(name, [&] {
    const gen3::Call call{.path = "/mds/_status", .with_token = false};
    const net::Response answer = session.call(call);
    if (gen3::has_shape(answer, [](const nlohmann::json& said) { return said.contains("status"); }) && answer.ok()) {
      return;
    }
    if (answer.ok() || answer.status == 404) {
      throw UsageError(fmt::format("HTTP {}, but the answer is not metadata-service's", answer.status),
                       session.address(call),
                       "check the revproxy's route to metadata-service, or write `destinations: {discovery: no}` where "
                       "this commons has none");
    }
    gen3::refuse(name, answer, session.address(call));
  });
  if (!up) return;
  if (user == nullptr || user->may("mds_gateway", "access", "/mds_gateway")) {
    report.ok(name,
              user == nullptr ? "answers" : fmt::format("answers, and {} may write discovery records", user->name));
  } else {
    report.fail(name, fmt::format("{} may not write discovery records, and runs do", user->name),
                "grant `access` on /mds_gateway in user.yaml, or write `destinations: {discovery: no}`",
                ExitCode::not_allowed);
  }
}

bool writes_discovery(const config::Settings& settings) {
  if (!settings.flag("destinations.discovery")) return false;
  for (const config::StudyEntry& study : settings.studies()) {
    if (study.enabled && !skips(study, "discovery")) return true;
  }
  return false;
}

}  // namespace

void check_services(Report& report, const config::Settings& settings, gen3::Session& session, const gen3::User* user) {
  if (settings.flag("destinations.files") && is_up(report, session, "indexd", "/index/_status")) {
    report.ok("indexd", "answers");
    for (const config::StudyEntry& study : settings.studies()) {
      if (study.enabled && !skips(study, "files")) try_indexd_token(report, session, study.project);
    }
  }
  if (settings.flag("destinations.projects") && is_up(report, session, "sheepdog", "/api/_status")) {
    report.guard("sheepdog", [&] {
      gen3::Sheepdog sheepdog(session);
      const auto programs = sheepdog.programs();
      report.ok("sheepdog", fmt::format("answers and accepts the token; {}", counted(programs.size(), "program")));
      if (user != nullptr) check_projects_can_be_made(report, settings, sheepdog, *user);
    });
  }
  if (writes_discovery(settings)) check_metadata_service(report, session, user);
}

}  // namespace etl::checks
