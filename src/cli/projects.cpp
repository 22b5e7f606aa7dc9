#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "cli/commands.hpp"
#include "cli/lib/commons.hpp"
#include "cli/lib/confirm.hpp"
#include "cli/lib/database.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/known_project.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "config/user_yaml.hpp"
#include "gen3/project_making.hpp"
#include "graph/counts.hpp"
#include "graph/projects.hpp"
#include "graph/remove.hpp"

namespace etl::cli {
namespace {

/// Who lists, makes and removes: sheepdog, where a commons is configured, else the database itself.
struct Via {
  std::string text = "auto";

  [[nodiscard]] bool sheepdog(const Context& context) const {
    return text == "sheepdog" || (text == "auto" && gen3::has_commons(context.settings));
  }
};

void add_via(CLI::App& command, const std::shared_ptr<Via>& via) {
  command
      .add_option("--via", via->text, "who does it; auto: sheepdog where a commons is configured, else the database")
      ->check(one_of("--via", {"auto", "sheepdog", "database"}))
      ->capture_default_str();
}

struct InitOptions {
  std::vector<std::string> projects;
  bool all = false;
};

std::vector<ProjectId> wanted(const Context& context, const InitOptions& options) {
  if (options.all == !options.projects.empty()) {
    throw UsageError("no project is named", {}, "name them, or pass --all for those of user.yaml");
  }
  if (options.all) {
    auto users = config::read_user_yaml(context.settings.require("user_yaml"));
    for (const std::string& warning : users.warnings) log::warn("{}", warning);
    return std::move(users.projects);
  }
  std::vector<ProjectId> projects;
  for (const auto& text : options.projects) {
    auto project = ProjectId::parse(text);
    if (std::find(projects.begin(), projects.end(), project) == projects.end()) projects.push_back(std::move(project));
  }
  return projects;
}

void init_by_sheepdog(Context& context, const std::vector<ProjectId>& projects) {
  using State = gen3::ProjectMade::State;
  const auto say = [](State state) {
    switch (state) {
      case State::exists:
        return "exists";
      case State::made:
        return "created";
      case State::missing:
        return "would be created";
      case State::refused:
        break;
    }
    return "refused";
  };
  Commons commons(context);
  Table table({"project", "program", "project_node", "reason"});
  std::size_t created = 0;
  std::size_t refused = 0;
  for (const auto& made : gen3::make_projects(commons.sheepdog, projects, context.dry_run)) {
    table.row({made.id.str(), say(made.program), say(made.project), made.reason});
    if (made.project == State::made || made.project == State::missing) ++created;
    if (!made.reason.empty() && ++refused == 1) context.exit = made.exit;
  }
  table.print(context);
  log::info("{} of {} projects {}", created, projects.size(), context.dry_run ? "would be created" : "created");
  if (refused == 0) return;
  log::error("{} of {} projects could not be created", refused, projects.size());
  if (refused < projects.size()) context.exit = ExitCode::partial;
}

void init_in_database(const Context& context, const std::vector<ProjectId>& projects) {
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

void init(Context& context, const InitOptions& options, const Via& via) {
  const auto projects = wanted(context, options);
  if (via.sheepdog(context)) {
    init_by_sheepdog(context, projects);
  } else {
    init_in_database(context, projects);
  }
}

void list_projects(const Context& context, const Via& via) {
  if (via.sheepdog(context)) {
    Commons commons(context);
    Table table({"project", "program", "code"});
    for (const ProjectId& id : gen3::list_projects(commons.sheepdog)) table.row({id.str(), id.program, id.code});
    table.print(context);
    return;
  }
  auto connection = connect(context);
  Table table({"project", "program", "code", "state", "node_id"});
  for (const auto& row : graph::list_projects(connection)) {
    table.row({row.id.str(), row.id.program, row.id.code, row.state, row.project_node});
  }
  table.print(context);
}

/// Whether the project is gone now; false after a dry run and a no. UsageError when there is no such project.
bool remove_by_sheepdog(const Context& context, const ProjectId& project) {
  Commons commons(context);
  const auto known = gen3::list_projects(commons.sheepdog);
  require_project(known, project, commons.session.endpoint());
  const bool last = std::ranges::count(known, project.program, &ProjectId::program) == 1;
  if (context.dry_run) {
    log::info("would remove project {}{}", project.str(), last ? fmt::format(" and program {}", project.program) : "");
    return false;
  }
  if (!confirm(context, fmt::format("remove project {}{} from {}", project.str(),
                                    last ? fmt::format(" and program {}, which has no other", project.program) : "",
                                    commons.session.endpoint()))) {
    return false;
  }
  try {
    commons.sheepdog.remove_project(project);
  } catch (const RefusedError& error) {
    throw RefusedError(error.what(), error.where(),
                       fmt::format("empty it first: aced-etl graph rm --project {}", project.str()));
  }
  if (last) commons.sheepdog.remove_program(project.program);
  log::info("removed {}", project.str());
  return true;
}

bool remove_in_database(const Context& context, const ProjectId& project) {
  auto connection = connect(context);
  require_project(connection, project);
  const auto records =
      graph::count_rows(connection, graph::GraphTables::read(connection), graph::Selection{project, {}});
  if (const auto nodes = graph::total_nodes(records); nodes > 0) {
    throw RefusedError(
        fmt::format("the project {} still has {}", project.str(), counted(static_cast<std::uint64_t>(nodes), "record")),
        connection.where(), fmt::format("empty it first: aced-etl graph rm --project {}", project.str()));
  }
  const auto done = graph::remove_project(connection, project, true, context.dry_run, [&](const auto&) {
    return confirm(context, fmt::format("remove project {} from {}", project.str(), connection.where()));
  });
  if (done.removed) log::info("removed {}", project.str());
  return done.removed;
}

void add_projects_init(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("init");
  describe(
      *command,
      {.summary = "create programs and projects in the graph",
       .text =
           "Makes what is missing: the program, the project, and the edge between them; through sheepdog, or in the "
           "database itself as sheepdog would, then all in one transaction. Through sheepdog, a project that this "
           "user may not create does not prevent the others (exit 6). Existing programs and projects are not changed. "
           "A code "
           "that belongs to another program is "
           "refused, since Gen3 tells projects apart by code (exit 7). With --all: every "
           "programs/<program>/projects/<code> of the commons' user.yaml.",
       .examples = {{"aced-etl projects init aced-Diabetes aced-Lung_Cancer", "these two"},
                    {"aced-etl projects init --all", "those of /creds/user.yaml"},
                    {"aced-etl projects init --all --user-yaml user.yaml --dry-run", "show what is missing"}}});
  add_database_options(*command, context);
  add_user_yaml_option(*command, context);
  add_dry_run(*command, context);
  auto options = std::make_shared<InitOptions>();
  command->add_option("projects", options->projects, "projects to make")->type_name("PROGRAM-CODE");
  command->add_flag("--all", options->all, "every project of user.yaml");
  auto via = std::make_shared<Via>();
  add_via(*command, via);
  add_commons_options(*command, context);
  command->callback([&context, options, via] { init(context, *options, *via); });
}

void add_projects_ls(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("ls");
  describe(*command, {.summary = "list the projects of the commons",
                      .text = "By program and code: those that sheepdog shows this user, or all of the database.",
                      .examples = {{"aced-etl projects ls -o json", "for a script"}}});
  add_database_options(*command, context);
  auto via = std::make_shared<Via>();
  add_via(*command, via);
  add_commons_options(*command, context);
  command->callback([&context, via] { list_projects(context, *via); });
}

void add_projects_rm(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("rm");
  describe(
      *command,
      {.summary = "remove an empty project",
       .text = "The project, and its program when it has no other. A project that still has records is "
               "refused (exit 7): `aced-etl graph rm` empties it. A project that does not exist is an error (exit 2). "
               "Asks first; without a terminal it needs --yes.",
       .examples = {{"aced-etl projects rm aced-Diabetes --dry-run", "show what would be removed"}}});
  add_database_options(*command, context);
  add_dry_run(*command, context);
  add_yes(*command, context);
  auto project = std::make_shared<std::string>();
  command->add_option("project", *project, "the project")->type_name("PROGRAM-CODE")->required();
  auto via = std::make_shared<Via>();
  add_via(*command, via);
  add_commons_options(*command, context);
  command->callback([&context, project, via] {
    const ProjectId id = ProjectId::parse(*project);
    const bool removed = via->sheepdog(context) ? remove_by_sheepdog(context, id) : remove_in_database(context, id);
    if (context.output != Output::table) {
      print_result(context, {{"project", id.str()}, {"dry_run", context.dry_run}, {"removed", removed}});
    }
  });
}

}  // namespace

void add_projects(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("projects");
  describe(*group, {.summary = "programs and projects of the commons",
                    .text = "A project id is PROGRAM-CODE; the program ends at the first '-'.",
                    .examples = {{"aced-etl projects ls", "those of the graph"}}});
  add_projects_init(*group, context);
  add_projects_ls(*group, context);
  add_projects_rm(*group, context);
}

}  // namespace etl::cli
