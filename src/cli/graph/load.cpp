#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/graph/tables.hpp"
#include "cli/lib/database.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/study_options.hpp"
#include "graph/loader.hpp"
#include "studies/state.hpp"

namespace etl::cli {
namespace {

struct GraphLoadArguments {
  StudyArguments study;
  std::string project;
  // Without these, the settings graph.dangling, graph.shared and graph.prune count, as in a run.
  std::optional<std::string> dangling;
  std::optional<std::string> shared;
  std::optional<bool> prune;
};

void run(const Context& context, const GraphLoadArguments& arguments) {
  graph::LoadRequest load = graph::LoadRequest::from(context.settings, ProjectId::parse(arguments.project));
  load.prune = arguments.prune.value_or(load.prune);
  if (arguments.dangling) load.skip_dangling = *arguments.dangling == "skip";
  if (arguments.shared) load.keep_shared = *arguments.shared == "keep";
  load.dry_run = context.dry_run;
  static_cast<void>(context.settings.require("dictionary"));
  const StudySetup setup = StudySetup::load(context.settings);
  StudyArguments reading = arguments.study;
  reading.project = load.project;
  const simplify::StudyOptions study = setup.options(context.settings, reading);
  auto connection = connect(context);
  simplify::IssueReport report(simplify::log_issue, load.skip_dangling);
  Progress progress("loading", std::nullopt);
  const graph::LoadReport done =
      graph::load_study(connection, *setup.dictionary, study, load, report,
                        graph::LoadHooks::show_on(progress, [&context] { return connect(context); }));
  graph::log_left_out(done);
  print_changes(context, graph::LinkNames(&*setup.dictionary), done);
  if (!load.dry_run) studies::note_load(context.settings, load.project.str(), arguments.study.path);
  const graph::TableChange sum = done.total();
  const auto count = [](std::int64_t n) { return human_count(static_cast<std::uint64_t>(n)); };
  const auto rows = [](std::int64_t n) { return counted(static_cast<std::uint64_t>(n), "row"); };
  if (!done.changes()) {
    log::info("nothing changed: {} holds the {} of the study", load.project.str(), rows(sum.unchanged));
  } else {
    log::info("{}{}: {} inserted, {} updated, {} unchanged, {} removed", load.dry_run ? "would change " : "",
              load.project.str(), rows(sum.inserted), count(sum.updated), count(sum.unchanged), count(sum.removed));
  }
}

}  // namespace

void add_graph_load(CLI::App& graph, Context& context) {
  auto* command = graph.add_subcommand("load");
  describe(
      *command,
      {.summary = "load a study into the graph",
       .text =
           "Reads a study's metadata, FHIR R5 or records that `simplify` wrote, and loads it into the project's part "
           "of the "
           "sheepdog graph: nodes, edges, and the program and project if they do not exist yet.\n\n"
           "It is one transaction: killed at any moment, the project is as before or as after. Rows whose content is "
           "unchanged are not touched, so the same study again writes nothing. Edges of a record that the study no "
           "longer has go; records go only with --prune.\n\n"
           "Before it writes anything, the load validates the study as `validate` does, and refuses dangling "
           "references and "
           "records whose ids another project holds. A unique value (a study's url, for "
           "example) may move from one record to another; two records that want the same one are both named (exit 7). "
           "Properties that the dictionary lacks are loaded, counted and named, since sheepdog never returns them.\n\n"
           "Where several links join two types, an edge goes to the table of the link that is named after the "
           "reference. peregrine shows only the edges of the first of these links: `graph mapping` marks the others, "
           "and --edge-table first puts all edges into the first.\n\n"
           "The result has a row for each type, with the links that begin at it: +inserted, ~updated, =unchanged and "
           "-removed edges. -v prints a row for each table.\n\n"
           "Timeouts of the role or database are lifted for the load. A wait for another session's lock is reported "
           "after 5 s, and ends after `graph.lock_timeout` (exit 8).",
       .examples = {{"aced-etl graph load --project aced-lung_cancer ~/studies/Lung_Cancer", "a whole study"},
                    {"aced-etl graph load --project aced-lung_cancer STUDY --prune --dry-run", "what would change"}}});
  auto arguments = std::make_shared<GraphLoadArguments>();
  add_project_option(*command, arguments->project, "the project")->required();
  add_study_arguments(*command, context, arguments->study);
  add_record_arguments(*command, context, arguments->study);
  command
      ->add_option("--dangling", arguments->dangling,
                   "for dangling references: refuse the study, or leave their edges out [default: error; etl.yaml: "
                   "graph.dangling]")
      ->check(one_of("--dangling", {"error", "skip"}));
  command
      ->add_option(
          "--shared", arguments->shared,
          "for records whose ids another project holds: refuse the study, or keep the other's and link to it [default: "
          "error; etl.yaml: graph.shared]")
      ->check(one_of("--shared", {"error", "keep"}));
  add_prune(*command, arguments->prune,
            "remove the project's records that the study does not have [default: no; etl.yaml: graph.prune]");
  add_setting_option(*command, context, "graph.edge_table");
  add_dry_run(*command, context);
  add_database_options(*command, context);
  command->callback([&context, arguments] { run(context, *arguments); });
}

}  // namespace etl::cli
