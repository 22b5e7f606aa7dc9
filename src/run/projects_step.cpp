#include "run/projects_step.hpp"

#include "gen3/project_making.hpp"
#include "graph/projects.hpp"

namespace etl::run {
namespace {

StepReport report_of(std::uint64_t made, bool dry_run) {
  const Outcome outcome = made == 0 ? Outcome::unchanged : dry_run ? Outcome::planned : Outcome::done;
  return {.outcome = outcome, .counts = {{"created", made}}};
}

StepReport by_sheepdog(gen3::Sheepdog& sheepdog, const ProjectId& project, bool dry_run) {
  using State = gen3::ProjectMade::State;
  const auto made = gen3::make_projects(sheepdog, {project}, dry_run).front();
  if (!made.reason.empty()) {
    return {.outcome = Outcome::failed, .counts = {}, .reason = made.reason, .exit = made.exit};
  }
  const auto is_new = [](State state) { return state == State::made || state == State::missing ? 1U : 0U; };
  return report_of(is_new(made.program) + is_new(made.project), dry_run);
}

StepReport in_database(graph::Connection connection, const ProjectId& project, bool dry_run) {
  graph::Transaction transaction(connection, dry_run ? "READ ONLY" : "");
  const auto ids = graph::ensure_project(connection, project, dry_run);
  if (!dry_run) transaction.commit();
  return report_of((ids.program_created ? 1U : 0U) + (ids.project_created ? 1U : 0U), dry_run);
}

}  // namespace

StepReport ProjectsStep::perform(const config::StudyEntry& study, bool dry_run) {
  return gen3::has_commons(workplace().settings()) ? by_sheepdog(workplace().commons().sheepdog, study.project, dry_run)
                                                   : in_database(workplace().connect(), study.project, dry_run);
}

}  // namespace etl::run
