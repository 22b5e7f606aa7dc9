#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/log.hpp"
#include "base/progress.hpp"
#include "cli/files/options.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/known_project.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "files/download_all.hpp"

namespace etl::cli {
namespace {

struct GetOptions : FilesOptions {
  std::vector<std::string> guids;
  std::string out;
  bool overwrite = false;
};

void get(Context& context, const GetOptions& options) {
  if (options.guids.empty() == options.project.empty()) {
    throw UsageError("no file is named", {}, "name their GUIDs, or a project with --project");
  }
  files::DownloadRequest request{.guids = options.guids,
                                 .project = std::nullopt,
                                 .folder = options.out,
                                 .overwrite = options.overwrite,
                                 .jobs = file_jobs(context)};
  if (!options.project.empty()) request.project = ProjectId::parse(options.project);
  Commons commons(context, files::http_options(context.settings));
  files::DownloadTally tally;
  {
    Progress progress("downloading", std::nullopt);
    tally = files::download_all(
        services_of(commons), request, [&](std::uint64_t bytes) { progress.add(bytes); },
        [](const files::DownloadFailure& failure) {
          log::write(log::Level::error, fmt::format("{}: failed", failure.name),
                     {{"reason", failure.reason}, {"did", failure.did}});
        });
  }
  if (request.project && tally.of_project == 0) require_project(commons, *request.project);
  Table table({"outcome", number("files"), number("bytes")});
  const auto row = [&](const char* name, const files::DownloadTally::Sum& sum) {
    table.row({name, std::to_string(sum.files), std::to_string(sum.bytes)});
  };
  row("downloaded", tally.downloaded);
  row("unchanged", tally.unchanged);
  table.row({"failed", std::to_string(tally.failed), ""});
  table.print(context);
  if (tally.failed > 0) context.exit = ExitCode::partial;
}

}  // namespace

void add_files_get(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("get");
  describe(
      *command,
      {.summary = "download files by GUID, or all of a project",
       .text = "Each file goes to OUT under its name in indexd; it appears there whole, with the size and md5 of its "
               "record, or not at all. A file that has this size and md5 already is not fetched again; one with other "
               "content is kept and counts as failed, unless --overwrite is given. A download that was cut off is "
               "continued. Names that would leave OUT, or have a part that begins with a dot, are refused, and no "
               "symbolic link below OUT is followed.",
       .examples = {{"aced-etl files get f6e3a53f-b9eb-5317-b7cd-a303e1b353cb --out ~/copy", "one file"},
                    {"aced-etl files get --project aced-Diabetes --out ~/copy", "all"}}});
  auto options = std::make_shared<GetOptions>();
  add_commons_options(*command, context);
  add_project_option(*command, options->project, "the project whose files these are");
  add_guids(*command, options->guids, "files to get");
  command->add_option("--out", options->out, "the folder to write to; made if it is not there")
      ->type_name("FOLDER")
      ->required();
  command->add_flag("--overwrite", options->overwrite, "replace files that have other content than the record says");
  add_jobs_options(*command, context);
  command->callback([&context, options] { get(context, *options); });
}

}  // namespace etl::cli
