#include <fmt/format.h>

#include <memory>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "cli/files/lock.hpp"
#include "cli/files/options.hpp"
#include "cli/lib/confirm.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/known_project.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "config/folder.hpp"
#include "files/bucket.hpp"
#include "files/move.hpp"

namespace etl::cli {
namespace {

struct FilesMoveOptions : FilesOptions {
  std::string to;
  bool keep = false;
};

files::OnMove told(Progress& progress, const char* what) {
  return [&progress, what](const gen3::FileRecord& record, const std::string& reason) {
    progress.add(1);
    if (reason.empty()) return;
    log::write(log::Level::error, fmt::format("{}: {}", record.file_name, what),
               {{"reason", reason}, {"did", record.did}, {"url", record.urls.empty() ? "" : record.urls.front()}});
  };
}

void move(Context& context, const FilesMoveOptions& options) {
  const ProjectId project = ProjectId::parse(options.project);
  Commons commons(context, files::http_options(context.settings));
  const files::Services services = services_of(commons);
  const FilesLock lock(context, commons, project);
  files::MoveOptions request;
  request.project = project;
  request.temp_dir = context.settings.require("temp_dir");
  request.jobs = file_jobs(context);
  request.upload.multipart_threshold = options.multipart_threshold;
  request.upload.part_size = options.part_size;
  context.settings.set("files.bucket", options.to, "flag --to");
  files::choose_bucket(request.upload, context.settings, project, commons.fence);
  files::MovePlan plan = files::plan_move(services, request);
  if (plan.to_move.empty() && plan.there == 0 && plan.old_objects.empty()) require_project(commons, project);
  const std::string copies = fmt::format("move {} of {} to {}, {}", counted(plan.to_move.size(), "file"), project.str(),
                                         options.to, human_bytes(plan.bytes));
  const std::uint64_t files = plan.to_move.size();
  const std::uint64_t bytes = plan.bytes;
  const std::uint64_t there = plan.there;
  files::MoveTally tally;
  if (context.dry_run) {
    log::info("would {}; {} in {} already; {} left to remove", copies, counted(plan.there, "file"), options.to,
              counted(plan.old_objects.size(), "old object"));
  } else {
    files::Journal journal(config::folder(context.settings, "state_dir"), commons.session.endpoint());
    {
      Progress progress("moving", plan.to_move.size(), Progress::Unit::items);
      tally = files::move_files(services, journal, plan, request, told(progress, "not moved"));
    }
    plan = files::plan_move(services, request);
  }
  if (!context.dry_run && !options.keep && !plan.old_objects.empty()) {
    const std::string what = fmt::format(
        "remove {} of {} from the buckets they came from, {}; every file was seen in {}",
        counted(plan.old_objects.size(), "old object"), project.str(), human_bytes(plan.old_bytes), options.to);
    if (!confirm(context, what)) {
      throw UsageError("no old object was removed; the files are in the new bucket", {},
                       "answer y, or pass --yes; --keep leaves them");
    }
    Progress progress("removing old objects", plan.old_objects.size(), Progress::Unit::items);
    files::remove_old_objects(services, plan, request, tally, told(progress, "its old object was not removed"));
  }
  print_result(context, {{"project", project.str()},
                         {"bucket", options.to},
                         {"files", files},
                         {"bytes", bytes},
                         {"there", there},
                         {"moved", tally.moved},
                         {"moved_bytes", tally.bytes},
                         {"failed", tally.failed},
                         {"old_objects", plan.old_objects.size()},
                         {"removed", tally.removed},
                         {"left", tally.left}});
  if (tally.failed + tally.left > 0) context.exit = ExitCode::partial;
}

}  // namespace

void add_files_move(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("move");
  describe(
      *command,
      {.summary = "move a project's files to another bucket; every GUID stays",
       .text =
           "Each file is fetched through fence, its md5 is checked, and it is sent into the new bucket and looked at "
           "there; then its record in indexd gets the new url. The old objects are removed last, after counting and "
           "asking, and only those whose file is seen in the new bucket. Until then a marker, a record of the "
           "project with `aced_etl_moved_from` in its metadata, names each old object. Interrupted at any moment, "
           "the same command resumes. A file that fails keeps its record and its object (exit 6). Files lie in "
           "--temp-dir on their way. docs/moving-a-bucket.md describes the whole procedure.",
       .examples = {
           {"aced-etl files move --project aced-Diabetes --to aced-new --dry-run", "how much it is"},
           {"aced-etl files move --project aced-Diabetes --to aced-new --keep", "leave the old objects for now"},
           {"aced-etl files move --project aced-Diabetes --to aced-new --yes", "without being asked"}}});
  auto options = std::make_shared<FilesMoveOptions>();
  add_commons_options(*command, context);
  add_project_option(*command, options->project, "the project whose files these are")->required();
  command->add_option("--to", options->to, "the bucket to move to; fence must know it and allow uploads to it")
      ->type_name("BUCKET")
      ->required();
  command->add_flag("--keep", options->keep, "remove no old object; the same command without --keep does it later");
  add_setting_option(*command, context, "fence_config");
  add_setting_option(*command, context, "state_dir");
  add_temp_dir_option(*command, context);
  add_jobs_options(*command, context);
  add_part_options(*command, *options);
  add_dry_run(*command, context);
  add_yes(*command, context);
  command->callback([&context, options] { move(context, *options); });
}

}  // namespace etl::cli
