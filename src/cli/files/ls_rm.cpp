#include <fmt/format.h>
#include <fmt/ranges.h>

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
#include "files/removal.hpp"

namespace etl::cli {
namespace {

void list_files(const Context& context, const FilesOptions& options) {
  Commons commons(context);
  Table table({"did", number("size"), "md5", "name", "url"});
  files::ProjectCount count;
  commons.indexd.list(ProjectId::parse(options.project).resource_path(), [&](const gen3::FileRecord& record) {
    if (commons.stop.token().stop_requested()) throw StoppedError();
    const auto md5 = record.hashes.find("md5");
    table.row({record.did, record.size ? std::to_string(*record.size) : "",
               md5 == record.hashes.end() ? "" : md5->second, record.file_name,
               fmt::format("{}", fmt::join(record.urls, " "))});
    ++count.records;
    count.bytes += record.size.value_or(0);
  });
  if (count.records == 0) require_project(commons, ProjectId::parse(options.project));
  table.print(context);
  log::info("{}, {}", counted(count.records, "file"), human_bytes(count.bytes));
}

/// What `files rm` says of a record.
void log_removal(const gen3::FileRecord& record, files::Removed how, const std::string& reason) {
  if (how == files::Removed::record_only) {
    log::warn("{}: the record was removed, its object was not touched: fence does not know its bucket ({})",
              record.file_name, fmt::join(record.urls, " "));
  }
  if (reason.empty()) return;
  log::write(log::Level::error, fmt::format("{}: not removed", record.file_name),
             {{"reason", reason}, {"did", record.did}});
}

void remove(Context& context, const FilesOptions& options) {
  const ProjectId project = ProjectId::parse(options.project);
  const std::string authz = project.resource_path();
  Commons commons(context, files::http_options(context.settings));
  const files::Services services = services_of(commons);
  const auto state = config::folder(context.settings, "state_dir");
  const FilesLock lock(context, commons, project);
  std::uint64_t refused = 0;
  const auto chosen =
      files::find_records(services, authz, options.guids, [&](const std::string& guid, const std::string& reason) {
        ++refused;
        log::write(log::Level::error, fmt::format("{}: not removed", guid), {{"reason", reason}});
      });
  files::ProjectCount count;
  if (options.guids.empty()) {
    count = files::count_records(services, authz);
  } else {
    count.records = chosen.size();
    for (const auto& record : chosen) count.bytes += record.size.value_or(0);
  }
  if (count.records == 0) require_project(commons, project);
  const std::string what = fmt::format("remove {} of {} and their objects, {}", counted(count.records, "record"),
                                       project.str(), human_bytes(count.bytes));
  files::RemovalTally tally;
  if (context.dry_run) {
    log::info("would {}", what);
  } else if (count.records > 0) {
    if (!confirm(context, what)) throw UsageError("nothing was removed", {}, "answer y, or pass --yes");
    files::Journal journal(state, commons.session.endpoint());
    Progress progress("removing", count.records, Progress::Unit::items);
    const auto on_file = [&](const gen3::FileRecord& record, files::Removed how, const std::string& reason) {
      progress.add(1);
      log_removal(record, how, reason);
    };
    const unsigned jobs = file_jobs(context);
    tally = options.guids.empty() ? files::remove_records(services, journal, authz, jobs, on_file)
                                  : files::remove_records(services, journal, authz, jobs, chosen, on_file);
  }
  tally.failed += refused;
  print_result(context, {{"project", project.str()},
                         {"records", count.records},
                         {"bytes", count.bytes},
                         {"removed", tally.removed},
                         {"objects_left", tally.objects_left},
                         {"failed", tally.failed}});
  if (tally.failed > 0) context.exit = ExitCode::partial;
}

}  // namespace

void add_files_ls(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("ls");
  describe(*command, {.summary = "list a project's files as indexd knows them",
                      .text = "",
                      .examples = {{"aced-etl files ls --project aced-Diabetes -o json", "for jq"}}});
  auto options = std::make_shared<FilesOptions>();
  add_commons_options(*command, context);
  add_project_option(*command, options->project, "the project whose files these are")->required();
  command->callback([&context, options] { list_files(context, *options); });
}

void add_files_rm(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("rm");
  describe(
      *command,
      {.summary = "remove files of a project, all or by GUID: records and objects",
       .text = "Counts the files and asks before it removes any. With GUIDs, only these files are removed; a GUID that "
               "indexd does not know, or whose record belongs to another project, is named, and the others are removed "
               "(exit 6). fence removes an object and then its record; a record "
               "without an object, or in a bucket that fence no longer knows, is removed through indexd. In the latter "
               "case the object is not touched (`objects_left`). A record that has become another project's in the "
               "meantime stays. Interrupted at any moment, the same command resumes.",
       .examples = {{"aced-etl files rm --project aced-Diabetes --dry-run", "how many there are"},
                    {"aced-etl files rm --project aced-Diabetes f6e3a53f-b9eb-5317-b7cd-a303e1b353cb", "one file"},
                    {"aced-etl files rm --project aced-Diabetes --yes", "without being asked"}}});
  auto options = std::make_shared<FilesOptions>();
  add_commons_options(*command, context);
  add_project_option(*command, options->project, "the project whose files these are")->required();
  add_guids(*command, options->guids, "remove only these files; without a GUID, all files of the project");
  add_setting_option(*command, context, "state_dir");
  add_jobs_options(*command, context);
  add_dry_run(*command, context);
  add_yes(*command, context);
  command->callback([&context, options] { remove(context, *options); });
}

}  // namespace etl::cli
