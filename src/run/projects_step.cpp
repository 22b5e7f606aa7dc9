#include "run/projects_step.hpp"

#include "gen3/project_making.hpp"
#include "graph/projects.hpp"

namespace etl::run {
namespace {

/// What is not there yet, or was not.
struct New {
  bool program = false;
  bool project = false;
};

New in_database(graph::Connection connection, const ProjectId& project, bool dry_run) {
  graph::Transaction transaction(connection, dry_run ? "READ ONLY" : "");
  const auto ids = graph::ensure_project(connection, project, dry_run);
  if (!dry_run) transaction.commit();
  return {.program = ids.program_created, .project = ids.project_created};
}

}  // namespace

StepReport ProjectsStep::perform(const config::StudyEntry& study, bool dry_run) {
  New found;
  if (gen3::has_commons(context().settings())) {
    using State = gen3::ProjectMade::State;
    const auto made = gen3::make_projects(context().commons().sheepdog, {study.project}, dry_run).front();
    if (!made.reason.empty()) {
      return {.outcome = Outcome::failed, .counts = {}, .reason = made.reason, .exit = made.exit};
    }
    const auto is_new = [](State state) { return state == State::made || state == State::missing; };
    found = {.program = is_new(made.program), .project = is_new(made.project)};
  } else {
    found = in_database(context().connect(), study.project, dry_run);
  }
  // A program that is only planned is missing for the next study of it, too.
  if (dry_run && found.program) found.program = planned_programs_.insert(study.project.program).second;

  const std::uint64_t count = (found.program ? 1U : 0U) + (found.project ? 1U : 0U);
  const Outcome changed = dry_run ? Outcome::planned : Outcome::done;
  return {.outcome = count == 0 ? Outcome::unchanged : changed, .counts = {{"created", count}}};
}

std::vector<UsedSetting> ProjectsStep::used(const config::StudyEntry& study) const {
  std::vector<UsedSetting> used;
  used.push_back({"project", study.project.str(), study.origin});
  if (gen3::has_commons(context().settings())) {
    add_commons(used, context().settings());
  } else {
    add_database(used, context().settings());
  }
  return used;
}

}  // namespace etl::run
