#include <fmt/format.h>

#include <memory>

#include "base/log.hpp"
#include "cli/commands.hpp"
#include "cli/files/load.hpp"
#include "cli/files/lock.hpp"
#include "cli/files/options.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "config/folder.hpp"
#include "config/study_of.hpp"
#include "documents/locator.hpp"
#include "files/file_log.hpp"

namespace etl::cli {
namespace {

void load(Context& context, const FilesOptions& options) {
  const ProjectId project = ProjectId::parse(options.project);
  Commons commons(context, files::http_options(context.settings));
  const auto state = config::folder(context.settings, "state_dir");
  const FilesLock lock(context, commons, project);
  files::Journal journal(state, commons.session.endpoint());
  const documents::Locator locator(study_places(context, options));
  files::Manifest manifest(&locator);
  const auto study =
      files::read_documents(study_source(context, options), manifest, files::log_document_issue, commons.stop.token());
  load_manifest(context, commons, journal, manifest, load_request(context, options, commons), study);
}

void add_load(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("load");
  describe(
      *command,
      {.summary = "upload a study's files to the commons: bytes to S3 through fence's signed URLs, records to indexd",
       .text =
           "For every DocumentReference below PATH the file it names goes to the bucket as <id>/<name>, and indexd "
           "gets a record under the DocumentReference's id, its GUID. The source_path extension, else the attachment's "
           "url, names the file: a path below the output folder (a leading `output/` stands for that folder), or below "
           "the study's own folder. Percent escapes are decoded. No other file is read: none of another study, none "
           "whose path has a part that begins with a dot, and none outside these folders, not even through a symbolic "
           "link. "
           "DocumentReferences that name no file (inline data, https, s3, drs, Binary/..., a title alone) are counted, "
           "and so are those that the study deletes (`deleted`) or has a newer version of (`superseded`, with "
           "--duplicates latest): their files are not loaded. Records that indexd already has of them stay; `files "
           "verify` names them.\n\n"
           "--transform-ids, or `transform_ids` of the study in etl.yaml, replaces the ids with the same UUIDs that "
           "`graph load` gives its records, so that GUID and `object_id` agree.\n\n"
           "The size and md5 of a file must agree with the metadata. A file that differs is reported, and nothing of "
           "it stays in the commons (exit 6). Files that are in the commons already are not sent again: the record of "
           "a file that an earlier load sent must agree, and its object is checked when the last check is more than "
           "--recheck-days old. The same command resumes a load that was stopped or killed; it sends large files in "
           "parts and does not repeat parts that arrived. A record that differs from the metadata is an error, or is "
           "replaced with --replace; a record of another project is never touched.",
       .examples = {{"aced-etl files load --project aced-Diabetes ~/studies/Diabetes", "send what is missing"},
                    {"aced-etl files load --project aced-Diabetes ~/studies/Diabetes --dry-run", "what would be sent"},
                    {"aced-etl files load --project aced-Diabetes --bucket aced-default-staging --bandwidth 10MB "
                     "~/studies/Diabetes",
                     "to this bucket, at 10 MB/s at most"}}});
  auto options = std::make_shared<FilesOptions>();
  add_commons_options(*command, context);
  add_project_option(*command, options->project, "the project whose files these are")->required();
  add_study_path(*command, context, *options);
  add_sending_options(*command, context, *options);
  add_setting_option(*command, context, "files.recheck");
  command->add_flag("--recheck", options->recheck, "check the object of every file now, however recent the last check");
  command->add_flag("--replace", options->replace, "replace records of the project that differ from the metadata");
  add_dry_run(*command, context);
  command->callback([&context, options] { load(context, *options); });
}

}  // namespace

void add_guids(CLI::App& app, std::vector<std::string>& guids, const std::string& help) {
  app.add_option("GUID", guids, help)->check([](const std::string& guid) {
    return guid.empty() ? std::string("a GUID is empty; perhaps a variable on the command line is not set")
                        : std::string{};
  });
}

void add_jobs_options(CLI::App& app, Context& context) {
  add_setting_option(app, context, "limits.file_jobs", "-j,--jobs");
  add_setting_option(app, context, "limits.bandwidth");
}

void add_study_path(CLI::App& app, Context& context, FilesOptions& options) {
  app.add_option("PATH", options.path, "the study's metadata: a folder (read with all folders below), or a file")
      ->required();
  add_exclude_option(app, context);
  add_transform_ids_option(app, context);
  add_setting_option(app, context, "graph.duplicates");
  add_temp_dir_option(app, context);
  add_setting_option(app, context, "limits.max_resource_mib");
}

void add_sending_options(CLI::App& app, Context& context, FilesOptions& options) {
  add_setting_option(app, context, "files.bucket");
  add_setting_option(app, context, "fence_config");
  add_setting_option(app, context, "folder.output");
  add_setting_option(app, context, "folder.studies");
  add_setting_option(app, context, "state_dir");
  app.add_option("--source", options.source,
                 "look for the files below this folder alone, instead of the output folder and the study's own")
      ->type_name("FOLDER");
  add_jobs_options(app, context);
  add_part_options(app, options);
}

void add_part_options(CLI::App& app, FilesOptions& options) {
  app.add_option("--multipart-threshold", options.multipart_threshold,
                 "files above this are sent in parts [default: 64MiB]")
      ->type_name("BYTES")
      ->transform(CLI::AsSizeValue(true));
  app.add_option("--part-size", options.part_size, "of a part; of files above 160 GB more [default: 16MiB]")
      ->type_name("BYTES")
      ->transform(CLI::AsSizeValue(true))
      ->check(CLI::Range(files::smallest_part, 64 * files::MiB));
}

unsigned file_jobs(const Context& context) { return context.settings.number("limits.file_jobs"); }

files::Services services_of(Commons& commons) {
  return {commons.session, commons.fence, commons.indexd, commons.stop.token()};
}

files::LoadRequest load_request(const Context& context, const FilesOptions& options, Commons& commons) {
  auto request = files::LoadRequest::from(context.settings, ProjectId::parse(options.project), commons.fence);
  request.dry_run = context.dry_run;
  request.replace = options.replace;
  if (options.recheck) request.recheck = std::chrono::seconds(0);
  request.upload.multipart_threshold = options.multipart_threshold;
  request.upload.part_size = options.part_size;
  return request;
}

simplify::StudySource study_source(const Context& context, const FilesOptions& options) {
  const auto* const study = config::study_of(context.settings, options.path, ProjectId::parse(options.project));
  return simplify::study_source(context.settings, options.path, study);
}

documents::Places study_places(const Context& context, const FilesOptions& options) {
  return documents::places_of(context.settings, options.path, ProjectId::parse(options.project), options.source);
}

void add_files(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("files");
  describe(*group, {.summary = "a project's files: objects in S3, records in indexd",
                    .text = "",
                    .examples = {
                        {"aced-etl files load --project aced-Diabetes ~/studies/Diabetes", "send what is missing"},
                        {"aced-etl files verify --project aced-Diabetes ~/studies/Diabetes", "is everything there?"}}});
  add_load(*group, context);
  add_files_ls(*group, context);
  add_files_verify(*group, context);
  add_files_get(*group, context);
  add_files_rm(*group, context);
  add_files_move(*group, context);
}

}  // namespace etl::cli
