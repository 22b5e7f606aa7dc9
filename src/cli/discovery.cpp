#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>

#include "base/bounded_json.hpp"
#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/lib/commons.hpp"
#include "cli/lib/confirm.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "cli/lib/study_options.hpp"
#include "config/study_of.hpp"
#include "discovery/load.hpp"

namespace etl::cli {
namespace {

struct DiscoveryArguments {
  std::string project;
  std::string path;
  std::string glob;
  bool with_curated = false;
};

void load(const Context& context, const DiscoveryArguments& arguments) {
  discovery::LoadRequest request = discovery::LoadRequest::from(context.settings, ProjectId::parse(arguments.project));
  request.dry_run = context.dry_run;
  simplify::StudySource source = simplify::study_source(
      context.settings, arguments.path, config::study_of(context.settings, arguments.path, request.project));
  source.selection.glob = arguments.glob;
  Commons commons(context);
  const discovery::LoadReport done = discovery::load_study(commons, source, request, commons.stop.token());
  discovery::log_findings(done, request);
  const std::string id = request.project.str();
  const char* const outcome = done.changed.empty() ? "unchanged" : done.created ? "created" : "updated";
  print_result(context,
               {{"project", id},
                {"record", context.dry_run && !done.changed.empty() ? std::string("would be ") + outcome : outcome},
                {"changed", done.changed},
                {"title", done.study.title},
                {"subjects", done.study.patients},
                {"listed_files", done.list_too_long ? 0 : done.study.files.size()}});
  if (done.changed.empty()) {
    log::info("nothing changed: the discovery record of {} says what the study says", id);
  } else {
    log::info("{}{} the discovery record of {}", context.dry_run ? "would " : "",
              done.created ? (context.dry_run ? "create" : "created") : (context.dry_run ? "update" : "updated"), id);
  }
}

void get(const Context& context, const DiscoveryArguments& arguments) {
  const ProjectId project = ProjectId::parse(arguments.project);
  Commons commons(context);
  const auto record = discovery::get_record(commons, project);
  if (!record) {
    throw UsageError(fmt::format("there is no discovery record of {}", project.str()), commons.session.endpoint(),
                     "`aced-etl discovery load` makes it; check the name of the project");
  }
  if (context.output == Output::yaml) {
    write_out(document_text(Output::yaml, parse_ordered_json(*record, "the discovery record")));
  } else {
    write_out(std::string(trim(*record)) + "\n");  // as the service has it: numbers keep their digits
  }
}

void remove(const Context& context, const DiscoveryArguments& arguments) {
  const ProjectId project = ProjectId::parse(arguments.project);
  const std::string id = project.str();
  Commons commons(context);
  const auto record = discovery::get_record(commons, project);
  if (!record) {
    print_result(context, {{"project", id}, {"removed", false}});
    log::info("nothing to remove: there is no discovery record of {}", id);
    return;
  }
  const std::vector<std::string> curated = discovery::curated_members(*record);
  if (!curated.empty() && !arguments.with_curated) {
    throw RefusedError(
        fmt::format("the discovery record of {} has what this program did not write: {}", id, fmt::join(curated, ", ")),
        commons.session.endpoint(), "save it with `aced-etl discovery get`; --with-curated removes all of the record");
  }
  const std::string what = curated.empty() ? fmt::format("remove the discovery record of {}", id)
                                           : fmt::format("remove the discovery record of {} with {}", id,
                                                         counted(curated.size(), "curated member"));
  const bool yes = !context.dry_run && confirm(context, what + " from " + commons.session.endpoint());
  const bool removed = yes && discovery::remove_record(commons, project);
  print_result(context, {{"project", id}, {"removed", removed}});
  log::info("{} the discovery record of {}",
            removed           ? "removed"
            : context.dry_run ? "would remove"
                              : "did not remove",
            id);
}

void add_load(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("load");
  describe(*command,
           {.summary = "make a project's discovery record say what its study says",
            .text = "Reads a study and writes the project's record in metadata-service: title and description of its "
                    "ResearchStudy, the number of patients, the tags Program, Study Registration and Project, `authz`, "
                    "the address of the commons, and with --manifest write a list of its files.\n\n"
                    "Only these members are replaced. What curators and other tools wrote stays: other tags, other "
                    "members, and a title or description where the study has none. When nothing differs, nothing is "
                    "written.",
            .examples = {{"aced-etl discovery load --project aced-lung_cancer ~/studies/Lung_Cancer", "write it"},
                         {"aced-etl discovery load --project aced-lung_cancer STUDY --dry-run", "what would change"}}});
  auto arguments = std::make_shared<DiscoveryArguments>();
  add_project_option(*command, arguments->project, "the project")->required();
  add_metadata_arguments(*command, context, arguments->path, arguments->glob);
  for (const char* key :
       {"discovery.manifest", "discovery.manifest_limit", "discovery.commons", "discovery.commons_name"}) {
    add_setting_option(*command, context, key);
  }
  add_transform_ids_option(*command, context);
  add_commons_options(*command, context);
  add_dry_run(*command, context);
  command->callback([&context, arguments] { load(context, *arguments); });
}

void add_get(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("get");
  describe(*command, {.summary = "print a project's discovery record",
                      .text = "Prints the record as JSON, as metadata-service has it; with -o yaml as YAML. A project "
                              "without a record ends the command with exit code 2.",
                      .examples = {{"aced-etl discovery get --project aced-lung_cancer | jq .gen3_discovery",
                                    "what the page shows"}}});
  auto arguments = std::make_shared<DiscoveryArguments>();
  add_project_option(*command, arguments->project, "the project")->required();
  add_commons_options(*command, context);
  command->callback([&context, arguments] { get(context, *arguments); });
}

void add_rm(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("rm");
  describe(*command,
           {.summary = "remove a project's discovery record",
            .text = "Asks, and removes the record, so that the page no longer shows the project. A record with members "
                    "or tags that this program did not write is left as it is (exit 7); --with-curated removes it, "
                    "too.",
            .examples = {{"aced-etl discovery rm --project aced-lung_cancer --dry-run", "whether there is one"}}});
  auto arguments = std::make_shared<DiscoveryArguments>();
  add_project_option(*command, arguments->project, "the project")->required();
  command->add_flag("--with-curated", arguments->with_curated, "also when others wrote parts of the record");
  add_commons_options(*command, context);
  add_dry_run(*command, context);
  add_yes(*command, context);
  command->callback([&context, arguments] { remove(context, *arguments); });
}

}  // namespace

void add_discovery(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("discovery");
  describe(*group, {.summary = "keep the projects' records for the portal's discovery page",
                    .text = "The discovery page lists the studies of a commons from records in metadata-service. These "
                            "commands write the record of a project from its study, print it and remove it.",
                    .examples = {{"aced-etl discovery load --project aced-lung_cancer STUDY", "write a record"}}});
  add_load(*group, context);
  add_get(*group, context);
  add_rm(*group, context);
}

}  // namespace etl::cli
