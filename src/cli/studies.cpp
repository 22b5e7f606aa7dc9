#include <fmt/format.h>

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/stop_signal.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/lib/aws_options.hpp"
#include "cli/lib/confirm.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "config/folder.hpp"
#include "studies/key_path.hpp"
#include "studies/pull.hpp"
#include "studies/pull_settings.hpp"
#include "studies/source.hpp"
#include "studies/study_list.hpp"

namespace etl::cli {
namespace {

using Json = nlohmann::ordered_json;

struct PullArguments {
  std::vector<std::string> studies;
  std::optional<bool> remove_gone;  ///< none: as source.delete says
  std::uint64_t part_mib = 16;
  s3::ProfileChoice aws;
};

Json issues_of(const std::vector<studies::PullFailure>& failures) {
  Json list = Json::array();
  for (const auto& failure : failures) list.push_back({{"key", failure.key}, {"reason", failure.reason}});
  return list;
}

void print(const Context& context, const studies::PullOptions& options, const studies::PullReport& report) {
  Json result{
      {"source", fmt::format("s3://{}/{{{},{}}}", options.bucket, options.studies_prefix, options.output_prefix)},
      {"studies", options.studies_folder.string()},
      {"output", options.output_folder.string()},
      {"dry_run", options.dry_run},
      {"objects", report.objects},
      {"unchanged", report.unchanged},
      {"adopted", report.adopted},
      {"fetched", report.fetched},
      {"fetched_bytes", report.fetched_bytes},
      {"resumed_bytes", report.resumed_bytes},
      {"excluded", report.excluded},
      {"removed", report.removed},
      {"kept", report.kept},
      {"refused", issues_of(report.refused)},
      {"failed", issues_of(report.failed)}};
  print_result(context, result);
}

void tell(const studies::PullOptions& options, const studies::PullReport& report) {
  log::info("{} {} ({}); {} were present already{}", options.dry_run ? "would fetch" : "fetched",
            counted(report.fetched, "file"), human_bytes(report.fetched_bytes),
            human_count(report.unchanged + report.adopted),
            report.removed == 0
                ? ""
                : fmt::format("; {} {}", options.dry_run ? "would remove" : "removed", human_count(report.removed)));
}

/// Leaves out what is named twice.
void check_names(std::vector<std::string>& names) {
  std::set<std::string> met;
  std::erase_if(names, [&](const auto& name) { return !met.insert(name).second; });
  for (const auto& name : names) {
    if (name.empty() || name.find('/') != std::string::npos || !studies::refusal(name).empty()) {
      throw UsageError(fmt::format("`{}` is not the name of a study", name), {},
                       "write a name such as Lung_Cancer, without a path");
    }
  }
}

void pull(Context& context, PullArguments& arguments) {
  const auto& settings = context.settings;
  check_names(arguments.studies);
  auto found = studies::pull_options(settings);
  if (!found) {
    const auto studies = config::folder(settings, "folder.studies").string();
    const auto output = config::folder(settings, "folder.output").string();
    log::info("S3_BUCKET is not set, so there is nothing to pull: {} and {} are used as they are mounted", studies,
              output);
    print_result(context, Json{{"source", nullptr}, {"studies", studies}, {"output", output}});
    return;
  }
  studies::PullOptions& options = *found;
  options.studies = arguments.studies;
  // The setting is a standing answer, as in a run; --delete asks.
  const bool asks = arguments.remove_gone.value_or(false);
  options.remove_gone = arguments.remove_gone ? *arguments.remove_gone : settings.flag("source.delete");
  options.spare_emptied = options.remove_gone && !asks;
  options.part_bytes = arguments.part_mib << 20U;
  options.dry_run = context.dry_run;
  // Known before hours of fetching, not after.
  if (asks && !context.yes && !context.dry_run && !(terminal::stdin_is_terminal() && terminal::stderr_is_terminal())) {
    throw UsageError("--delete asks before it removes files, and there is no terminal to ask for confirmation", {},
                     "pass --yes to do it without asking, or --dry-run to see what would be done");
  }
  const StopOnSignal stop;
  const auto report =
      studies::pull(options, studies::source_profile(settings, arguments.aws), stop.token(),
                    [&](std::uint64_t files, std::uint64_t bytes) {
                      return context.dry_run || !asks ||
                             confirm(context, fmt::format("remove {} ({}) that the source no longer has",
                                                          counted(files, "file"), human_bytes(bytes)));
                    });
  print(context, options, report);
  tell(options, report);
  if (report.ended) std::rethrow_exception(report.ended);
  if (!report.failed.empty() || !report.refused.empty()) {
    log::error("{} failed, {} refused", counted(report.failed.size(), "object"), human_count(report.refused.size()));
    context.exit = ExitCode::partial;
  }
}

Json json_of(const studies::StudyRow& row) {
  Json loads = Json::array();
  for (const auto& load : row.loads) loads.push_back({{"project", load.project}, {"finished", load.finished}});
  return {{"study", row.name},
          {"resources", row.resources},
          {"types", row.contents.types},
          {"unreadable", row.contents.unreadable},
          {"deleted", row.contents.deleted},
          {"superseded", row.contents.superseded},
          {"files", row.files},
          {"file_bytes", row.file_bytes},
          {"missing", row.missing},
          {"wrong_size", row.wrong_size},
          {"loads", loads}};
}

void list_studies(const Context& context) {
  const auto rows = studies::list_studies(context.settings);
  if (context.output != Output::table) {
    Json all = Json::array();
    for (const auto& row : rows) all.push_back(json_of(row));
    print_result(context, all);
    return;
  }
  Table table({"study", number("resources"), number("files"), "bytes", number("missing"), number("wrong_size"),
               "last_load", "project", "types"});
  for (const auto& row : rows) {
    std::string types;
    for (const auto& [type, count] : row.contents.types) {
      types += fmt::format("{}{} {}", types.empty() ? "" : ", ", type, human_count(count));
    }
    table.row({row.name, std::to_string(row.resources), std::to_string(row.files), human_bytes(row.file_bytes),
               std::to_string(row.missing), std::to_string(row.wrong_size),
               row.loads.empty() ? "-" : row.loads.front().finished,
               row.loads.empty() ? "-" : row.loads.front().project, types});
    if (row.contents.unreadable > 0) {
      log::warn("{}: {} lines or documents cannot be read; `aced-etl validate` lists them", row.name,
                human_count(row.contents.unreadable));
    }
  }
  table.print(context);
}

void add_folders(CLI::App& command, Context& context) {
  for (const char* key : {"folder.studies", "folder.output", "state_dir"}) add_setting_option(command, context, key);
}

void add_studies_pull(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("pull");
  describe(
      *command,
      {.summary = "download studies and their files from S3",
       .text =
           "Makes ~/studies and ~/output hold what the bucket holds below the path's studies/ and output/. Only what "
           "differs in size or ETag is fetched; a local file from elsewhere is accepted if its MD5 is "
           "the ETag. Many objects come at once, large ones in ranges; each file is moved into its place when it is "
           "whole. The same command resumes a pull that was stopped or killed.\n\n"
           "With STUDY only studies/STUDY/ is brought, and output/STUDY/; where output is not laid out by study, the "
           "files that the study's DocumentReferences name.\n\n"
           "--delete removes files that an earlier pull brought and the source no longer has; what nobody pulled "
           "(extractions, say), or what was written to since, stays.\n\n"
           "Metadata that the study's `exclude` in etl.yaml or --exclude matches is not fetched; where it is here "
           "already, it stays.\n\n"
           "A key that would leave the folders, or that cannot be a file name, is refused and named; the others are "
           "downloaded (exit 6). Without a bucket the folders are taken as they are mounted.\n\n"
           "The key that signs is that of --profile, else of AWS_PROFILE, else of source.profile (etlbot); keys and "
           "roles of the environment count as they do for the AWS CLI.",
       .examples = {{"S3_BUCKET=aced-data S3_PATH=staging aced-etl studies pull", "everything that changed"},
                    {"aced-etl studies pull Lung_Cancer --dry-run", "what would be downloaded for one study"},
                    {"aced-etl studies pull --delete --yes", "and remove what is gone from the source"}}});
  auto arguments = std::make_shared<PullArguments>();
  command->add_option("studies", arguments->studies, "only these studies")->type_name("STUDY");
  command->add_flag_function(
      "--delete,!--no-delete", [arguments](std::int64_t count) { arguments->remove_gone = count > 0; },
      "remove what is gone from the source, after asking [default: no; with source.delete: yes in etl.yaml, "
      "as a run does: without asking]");
  add_setting_option(*command, context, "limits.pull_jobs", "--jobs");
  add_setting_option(*command, context, "limits.bandwidth");
  command->add_option("--part-size", arguments->part_mib, "larger objects are fetched in ranges of so many MiB")
      ->type_name("MIB")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  for (const char* key : {"source.bucket", "source.path", "source.studies_prefix", "source.output_prefix"}) {
    add_setting_option(*command, context, key);
  }
  add_folders(*command, context);
  add_exclude_option(*command, context);
  add_aws_options(*command, arguments->aws);
  add_dry_run(*command, context);
  add_yes(*command, context);
  command->callback([&context, arguments] { pull(context, *arguments); });
}

void add_studies_ls(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("ls");
  describe(
      *command,
      {.summary = "list the studies on this machine",
       .text =
           "Prints one line for each study: resources by type, the files that its DocumentReferences name and their "
           "bytes, how many of them are missing here or have another size than the metadata says, "
           "and when the study was last loaded into the graph, as far as this state dir knows. "
           "Files are looked for where `files load` looks for them: below the output folder, "
           "without what belongs to other studies, and in the study's own folder. DocumentReferences "
           "that name no file (inline data, a URL of a server, ...) are not counted as files. Resources that "
           "the study deletes, or has a newer version of (--duplicates latest), and files of metadata that "
           "are excluded are not counted at all.",
       .examples = {{"aced-etl studies ls", "one line for each study"},
                    {"aced-etl studies ls -o json", "with every type and load"}}});
  add_folders(*command, context);
  add_exclude_option(*command, context);
  add_setting_option(*command, context, "graph.duplicates");
  command->callback([&context] { list_studies(context); });
}

}  // namespace

void add_studies(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("studies");
  describe(*group, {.summary = "studies on this machine: download them from S3, list them",
                    .text = "",
                    .examples = {{"aced-etl studies pull", "download what changed"}}});
  add_studies_pull(*group, context);
  add_studies_ls(*group, context);
}

}  // namespace etl::cli
