#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/describe.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "graph/projects.hpp"
#include "graph/projects_user_yaml.hpp"

namespace etl::cli {
namespace {

struct InitOptions {
  std::vector<std::string> projects;
  bool all = false;
  std::string via = "database";
};

std::vector<ProjectId> wanted(const Context& context, const InitOptions& options) {
  if (options.all == !options.projects.empty()) {
    throw UsageError("say which projects to make", {}, "name them, or pass --all for those of user.yaml");
  }
  if (options.all) return graph::read_user_yaml(context.settings.require("user_yaml"));
  std::vector<ProjectId> projects;
  for (const auto& text : options.projects) {
    auto project = ProjectId::parse(text);
    if (std::find(projects.begin(), projects.end(), project) == projects.end()) projects.push_back(std::move(project));
  }
  return projects;
}

void init(const Context& context, const InitOptions& options) {
  const auto projects = wanted(context, options);
  auto connection = connect(context);
  // One transaction: all of them or none.
  graph::Transaction transaction(connection, context.dry_run ? "READ ONLY" : "");
  const auto say = [&](bool created) {
    return created ? (context.dry_run ? "would be created" : "created") : "exists";
  };
  Table table({"project", "program", "project_node", "edge", "program_node_id", "project_node_id"});
  std::size_t created = 0;
  for (const auto& project : projects) {
    const auto ids = graph::ensure_project(connection, project, context.dry_run);
    if (ids.any_created()) ++created;
    table.row({project.str(), say(ids.program_created), say(ids.project_created), say(ids.edge_created),
               ids.program_node, ids.project_node});
  }
  if (!context.dry_run) transaction.commit();
  table.print(context);
  log::info("{} of {} projects {}", created, projects.size(),
            context.dry_run ? "would be created" : "created; the others exist");
}

void list(const Context& context) {
  auto connection = connect(context);
  Table table({"project", "program", "code", "state", "node_id"});
  for (const auto& row : graph::list_projects(connection)) {
    table.row({row.id.str(), row.id.program, row.id.code, row.state, row.project_node});
  }
  table.print(context);
}

void add_init(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("init");
  describe(
      *command,
      {.summary = "make programs and projects in the graph",
       .text = "Makes what is missing, in one transaction: the program, the project, and the edge between them, as "
               "sheepdog itself would. What exists is used as it is. A code that belongs to another program is "
               "refused, since Gen3 tells projects apart by code (exit 7). With --all: every "
               "programs/<program>/projects/<code> of the commons' user.yaml.",
       .examples = {{"aced-etl projects init aced-Diabetes aced-Lung_Cancer", "these two"},
                    {"aced-etl projects init --all", "those of /creds/user.yaml"},
                    {"aced-etl projects init --all --user-yaml user.yaml --dry-run", "only say what is missing"}}});
  add_database_options(*command, context);
  add_user_yaml_option(*command, context);
  add_dry_run(*command, context);
  auto options = std::make_shared<InitOptions>();
  command->add_option("projects", options->projects, "projects to make")->type_name("PROGRAM-CODE");
  command->add_flag("--all", options->all, "every project of user.yaml");
  command->add_option("--via", options->via, "who makes them: the database itself")
      ->check(CLI::IsMember({"database"}))
      ->capture_default_str();
  command->callback([&context, options] { init(context, *options); });
}

void add_ls(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("ls");
  describe(*command, {.summary = "list the projects of the graph",
                      .text = "By program and code, from the database.",
                      .examples = {{"aced-etl projects ls -o json", "for a script"}}});
  add_database_options(*command, context);
  command->callback([&context] { list(context); });
}

}  // namespace

void add_projects(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("projects");
  describe(*group, {.summary = "programs and projects of the commons",
                    .text = "A project id is PROGRAM-CODE; the program ends at the first '-'.",
                    .examples = {{"aced-etl projects ls", "those of the graph"}}});
  add_init(*group, context);
  add_ls(*group, context);
}

}  // namespace etl::cli
