#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/graph/tables.hpp"
#include "cli/lib/confirm.hpp"
#include "cli/lib/database.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/known_project.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "dictionary/dictionary.hpp"
#include "graph/counts.hpp"
#include "graph/remove.hpp"
#include "graph/schema/link_names.hpp"
#include "graph/schema/schema.hpp"

namespace etl::cli {
namespace {

std::string in_words(const std::vector<graph::TableCount>& counts) {
  return fmt::format("{} and {}", counted(static_cast<std::uint64_t>(graph::total_nodes(counts)), "node"),
                     counted(static_cast<std::uint64_t>(graph::total_edges(counts)), "edge"));
}

void init(const Context& context, bool print_sql) {
  const auto plan = graph::plan_schema(dictionary::Dictionary::load(context.settings.require("dictionary")));
  if (print_sql) {
    write_out(graph::schema_sql(plan));
    return;
  }
  auto connection = connect(context);
  const auto report = graph::init_schema(connection, plan, context.dry_run);
  Table table({"kind", number(context.dry_run ? "missing" : "created"), number("present")});
  table.row({"tables", std::to_string(report.tables_created.size()), std::to_string(report.tables_present.size())});
  table.row({"indexes", std::to_string(report.indexes_created.size()), std::to_string(report.indexes_present.size())});
  table.print(context);
  log::debug("the graph's schema is {}", report.schema);
  if (!report.other_schemas.empty()) log::warn("tables were missing{}", report.other_schemas);
  for (const auto& names : {report.tables_created, report.indexes_created}) {
    for (const auto& name : names) log::debug("{} {}", context.dry_run ? "would create" : "created", name);
  }
}

void mapping(const Context& context) {
  const auto dictionary = dictionary::Dictionary::load(context.settings.require("dictionary"));
  const auto hidden = graph::hidden_by_peregrine(dictionary);
  const std::vector<std::string> columns{"tablename", "label",    "srcclass",    "dstclass",
                                         "srctable",  "dsttable", "srcdstassoc", "dstsrcassoc"};
  std::vector<Column> head(columns.begin(), columns.end());
  head.emplace_back("peregrine");
  Table table(std::move(head));
  auto rows = nlohmann::ordered_json::array();
  for (const auto& edge : dictionary.edges()) {
    std::vector<std::string> cells{edge.table,     edge.label,     edge.src_class, edge.dst_class,
                                   edge.src_table, edge.dst_table, edge.name,      edge.backref};
    auto row = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < columns.size(); ++i) row[columns[i]] = cells[i];
    const auto instead = hidden.find(edge.table);
    if (instead != hidden.end()) row["peregrine_shows"] = instead->second;
    rows.push_back(std::move(row));
    cells.push_back(instead == hidden.end() ? "" : "shows " + instead->second);
    table.row(std::move(cells));
  }
  if (context.output == Output::table) {
    table.print(context);
  } else {
    print_result(context, rows);
  }
}

void counts(const Context& context, const std::string& project, bool all) {
  std::optional<graph::Selection> selection;
  if (!project.empty()) selection = graph::Selection{ProjectId::parse(project), {}};
  const graph::LinkNames names = link_names(context);
  auto connection = connect(context);
  auto found = graph::count_rows(connection, graph::GraphTables::read(connection), selection);
  if (selection && graph::total_nodes(found) == 0) require_project(connection, selection->project);
  if (!all) std::erase_if(found, [](const graph::TableCount& count) { return count.rows == 0; });
  print_counts(context, names, found);
}

/// What both removals tell: the rows on stdout, the outcome on stderr.
void report_removal(const Context& context, const graph::LinkNames& names, const graph::Removal& removal,
                    const std::string& from) {
  print_counts(context, names, removal.counts);
  if (removal.counts.empty()) {
    log::info("nothing to remove: {} has no records", from);
  } else if (removal.removed) {
    log::info("removed {} of {}", in_words(removal.counts), from);
  } else if (context.dry_run) {
    log::info("would remove {} of {}", in_words(removal.counts), from);
  } else {
    log::info("nothing was removed");
  }
}

void remove(const Context& context, const std::string& project, bool with_project) {
  const auto id = ProjectId::parse(project);
  const graph::LinkNames names = link_names(context);
  auto connection = connect(context);
  const auto removal = graph::remove_project(connection, id, with_project, context.dry_run, [&](const auto& found) {
    return confirm(context, fmt::format("remove {} of {} from {}", in_words(found), id.str(), connection.where()));
  });
  if (removal.counts.empty()) require_project(connection, id);
  report_removal(context, names, removal, id.str());
}

void truncate(const Context& context, bool with_projects) {
  const graph::LinkNames names = link_names(context);
  auto connection = connect(context);
  const auto removal = graph::truncate_graph(connection, with_projects, context.dry_run, [&](const auto& found) {
    return confirm(context, fmt::format("remove {} of all projects from {}", in_words(found), connection.where()));
  });
  report_removal(context, names, removal, "all projects");
}

void add_graph_init(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("init");
  describe(
      *command,
      {.summary = "create the tables of a dictionary in PostgreSQL",
       .text = "Creates what is missing, in one transaction: a table a node and a table a link, with the names, keys "
               "and indexes that Gen3's sheepdog and peregrine expect. What exists is never altered or dropped: a "
               "table that does not fit is named and nothing is created (exit 7). Run again, it finds all present.",
       .examples = {
           {"aced-etl graph init --dictionary dictionary.json", "create what is missing"},
           {"aced-etl graph init --dry-run", "only show how much is missing (with -v: what)"},
           {"aced-etl graph init --print-sql > schema.sql", "the whole schema as a script; needs no database"}}});
  add_dictionary_option(*command, context);
  add_database_options(*command, context);
  add_dry_run(*command, context);
  auto print_sql = std::make_shared<bool>(false);
  command->add_flag("--print-sql", *print_sql, "print the SQL instead of running it");
  command->callback([&context, print_sql] { init(context, *print_sql); });
}

void add_graph_mapping(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("mapping");
  describe(
      *command,
      {.summary = "list the edge tables of a dictionary",
       .text = "One row a link: its table, its label, the classes and tables at both ends, the link's name "
               "at the source and at the destination. Needs no database.\n\n"
               "peregrine answers every link between the same two types with the edges of the first of these links. "
               "For the others the last column (`peregrine_shows` in JSON) names the table whose edges it shows "
               "instead; the setting `graph.edge_table: first` makes loads put all edges there.",
       .examples = {{"aced-etl graph mapping -o json", "for a script"}}});
  add_dictionary_option(*command, context);
  command->callback([&context] { mapping(context); });
}

void add_graph_counts(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("counts");
  describe(
      *command,
      {.summary = "count the rows of the graph's tables",
       .text =
           "All tables as of one moment, those without rows left out, with totals. With --project: the nodes of "
           "that project, and the edges with such a node at either end. A row for each type, with the links "
           "that begin at it; types and links are named by the dictionary where one is set. -v prints a row for each "
           "table, with its name, which -o json always has.",
       .examples = {{"aced-etl graph counts", "the whole graph"},
                    {"aced-etl graph counts --project aced-Diabetes -o json", "one project, for a script"}}});
  add_database_options(*command, context);
  auto project = std::make_shared<std::string>();
  auto all = std::make_shared<bool>(false);
  add_project_option(*command, *project, "only this project");
  command->add_flag("--all", *all, "tables without rows too");
  command->callback([&context, project, all] { counts(context, *project, *all); });
}

void add_graph_rm(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("rm");
  describe(
      *command,
      {.summary = "remove the records of a project from the graph",
       .text = "Removes the project's nodes and every edge at them, in one transaction, after showing the numbers and "
               "asking. The project itself and its program stay, unless --with-project: then the project goes too, "
               "and the program when this was its last project. Does not wait: exit 8 while another run holds "
               "the project.",
       .examples = {{"aced-etl graph rm --project aced-Diabetes --dry-run", "show what would be removed"},
                    {"aced-etl graph rm --project aced-Diabetes --yes", "without asking"}}});
  add_database_options(*command, context);
  add_dry_run(*command, context);
  add_yes(*command, context);
  auto project = std::make_shared<std::string>();
  auto with_project = std::make_shared<bool>(false);
  add_project_option(*command, *project, "the project")->required();
  command->add_flag("--with-project", *with_project, "the project's own node too");
  command->callback([&context, project, with_project] { remove(context, *project, *with_project); });
}

void add_graph_truncate(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("truncate");
  describe(
      *command,
      {.summary = "remove the records of all projects from the graph",
       .text =
           "Empties every node and edge table in one transaction, after naming how many rows and asking. The `root` "
           "row stays, as do programs and projects, unless --with-projects. Exit 8 while any run holds a project.",
       .examples = {{"aced-etl graph truncate --dry-run", "show what would be removed"},
                    {"aced-etl graph truncate --with-projects --yes", "all but the root row, without asking"}}});
  add_database_options(*command, context);
  add_dry_run(*command, context);
  add_yes(*command, context);
  auto with_projects = std::make_shared<bool>(false);
  command->add_flag("--with-projects", *with_projects, "programs and projects too");
  command->callback([&context, with_projects] { truncate(context, *with_projects); });
}

}  // namespace

void add_graph(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("graph");
  describe(*group, {.summary = "the property graph in PostgreSQL that sheepdog reads",
                    .text = "The database is named by libpq's variables (PGHOST, …) or by the mounted secret "
                            "<creds>/sheepdog-creds.",
                    .examples = {{"aced-etl graph counts", "what is in it"}}});
  add_graph_init(*group, context);
  add_graph_load(*group, context);
  add_graph_counts(*group, context);
  add_graph_rm(*group, context);
  add_graph_truncate(*group, context);
  add_graph_mapping(*group, context);
}

}  // namespace etl::cli
