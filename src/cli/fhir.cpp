#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/lib/confirm.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "cli/lib/study_options.hpp"
#include "cli/search/server.hpp"
#include "config/study_of.hpp"
#include "search/fhir_store.hpp"
#include "search/removal.hpp"

namespace etl::cli {
namespace {

struct FhirArguments {
  std::string project;
  std::string path;
  std::string glob;
  SearchWriteArguments writing;
};

void print_types(const Context& context, const std::map<std::string, std::uint64_t>& types) {
  Table table({"type", number("resources")});
  for (const auto& [type, count] : types) table.row({type, std::to_string(count)});
  table.print(context);
}

std::uint64_t sum_of(const std::map<std::string, std::uint64_t>& types) {
  std::uint64_t sum = 0;
  for (const auto& [type, count] : types) sum += count;
  return sum;
}

void put(const Context& context, const FhirArguments& arguments) {
  const ProjectId project = ProjectId::parse(arguments.project);
  simplify::StudySource source = simplify::study_source(context.settings, arguments.path,
                                                        config::study_of(context.settings, arguments.path, project));
  source.selection.glob = arguments.glob;
  SearchServer search(context);
  Progress progress("sending", std::nullopt, Progress::Unit::items);
  const auto report = search::put_study(search.server, load_request(context, search.server, project, arguments.writing),
                                        source, [&](std::uint64_t more) { progress.add(more); });
  if (report.load.unchanged) {
    print_types(context, {});
    log::info("nothing changed: the FHIR store holds the {} of {}",
              counted(report.load.types.front().after, "resource"), project.str());
    return;
  }
  print_types(context, report.types);
  if (report.repeated > 0) log::info("{} more than once in the study", counted(report.repeated, "resource"));
  log::info("{}{} of {}", context.dry_run ? "would put " : "put ", counted(sum_of(report.types), "resource"),
            project.str());
}

void get(const Context& context, const FhirArguments& arguments) {
  const ProjectId project = ProjectId::parse(arguments.project);
  SearchServer search(context);
  Progress progress("reading", std::nullopt, Progress::Unit::items);
  search::GetReport report;
  try {
    report = search::get_study(search.server, context.settings.require("search.prefix"), project, arguments.path,
                               [&](std::uint64_t more) { progress.add(more); });
  } catch (const UsageError&) {
    require_loaded_project(context, search, project);
    throw;
  }
  print_types(context, report.types);
  log::info("wrote {}, {}", counted(sum_of(report.types), "resource"), human_bytes(report.bytes));
}

void remove(const Context& context, const FhirArguments& arguments) {
  const ProjectId project = ProjectId::parse(arguments.project);
  SearchServer search(context);
  remove_types(context, search, project, {search::fhir_type()}, "fhir");
}

void add_put(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("put");
  describe(*command,
           {.summary = "make the FHIR store hold a study's raw resources",
            .text = "Sends every resource of a study, as the source has it, to an index of its own behind the alias "
                    "`fhir`, with the project's `auth_resource_path`. Readers see all resources of the last put until "
                    "all of this one are there and counted; then one call replaces them. Resources that left the study "
                    "are gone. Killed at any moment, the command can be run again.\n\n"
                    "An unchanged study is not sent again. The resources are not validated (`validate` does that), and "
                    "their ids are not transformed; but what is not JSON, has no resourceType or no id, or has an id "
                    "that two resources of one type share, is refused before anything is sent (exit 3).",
            .examples = {{"aced-etl fhir put --project aced-lung_cancer ~/studies/Lung_Cancer", "a whole study"}}});
  auto arguments = std::make_shared<FhirArguments>();
  add_project_option(*command, arguments->project, "the project")->required();
  add_metadata_arguments(*command, context, arguments->path, arguments->glob);
  add_search_options(*command, context);
  add_search_write_options(*command, context, arguments->writing);
  add_dry_run(*command, context);
  command->callback([&context, arguments] { put(context, *arguments); });
}

void add_get(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("get");
  describe(*command,
           {.summary = "write a project's raw resources to files",
            .text = "Writes all resources of the project to FOLDER/{Type}.ndjson, ordered by id, as they were put: "
                    "numbers and strings keep their text. FOLDER must be empty or not exist; it appears with all files "
                    "or not at all.",
            .examples = {{"aced-etl fhir get --project aced-lung_cancer resources", "into the folder resources"}}});
  auto arguments = std::make_shared<FhirArguments>();
  add_project_option(*command, arguments->project, "the project")->required();
  command->add_option("FOLDER", arguments->path, "where the files go")->required();
  add_search_options(*command, context);
  command->callback([&context, arguments] { get(context, *arguments); });
}

void add_rm(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("rm");
  describe(*command, {.summary = "remove a project's raw resources from the FHIR store",
                      .text = "Counts the resources and asks before it removes any.",
                      .examples = {{"aced-etl fhir rm --project aced-lung_cancer --dry-run", "how many there are"}}});
  auto arguments = std::make_shared<FhirArguments>();
  add_project_option(*command, arguments->project, "the project")->required();
  add_search_options(*command, context);
  add_setting_option(*command, context, "state_dir");
  add_dry_run(*command, context);
  add_yes(*command, context);
  command->callback([&context, arguments] { remove(context, *arguments); });
}

}  // namespace

void add_fhir(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("fhir");
  describe(*group,
           {.summary = "keep a study's raw FHIR resources on the search server",
            .text = "The FHIR store is the index `fhir` of Elasticsearch or OpenSearch: the resources themselves, "
                    "for tools that read them from there.",
            .examples = {{"aced-etl fhir put --project aced-lung_cancer STUDY", "put a study's resources"}}});
  add_put(*group, context);
  add_get(*group, context);
  add_rm(*group, context);
}

}  // namespace etl::cli
