#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <set>

#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "cli/files/options.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/known_project.hpp"
#include "cli/lib/print.hpp"
#include "files/download.hpp"
#include "files/thread_pool.hpp"

namespace etl::cli {
namespace {

struct GetOptions : FilesOptions {
  std::vector<std::string> guids;
  std::string out;
  bool overwrite = false;
};

/// What of the records comes, is there, or does not come.
class DownloadSession {
 public:
  DownloadSession(Commons& commons, const GetOptions& options, unsigned jobs)
      : services_(services_of(commons)),
        progress_("downloading", std::nullopt),
        download_(services_, options.out, options.overwrite, [this](std::uint64_t bytes) { progress_.add(bytes); }),
        crew_(jobs, most_waiting, [this](gen3::FileRecord& record) { get(record); }) {}

  void add(const gen3::FileRecord& record) {
    if (services_.stop.stop_requested()) throw StoppedError();
    crew_.add(record);
  }
  void missing(const std::string& guid) { failed(guid, guid, "indexd has no such record"); }
  void finish() { crew_.finish(); }

  [[nodiscard]] files::LoadTally::Sum downloaded() const { return downloaded_; }
  [[nodiscard]] files::LoadTally::Sum unchanged() const { return unchanged_; }
  [[nodiscard]] std::uint64_t failures() const { return failed_; }

 private:
  static constexpr std::size_t most_waiting = 1024;

  void get(const gen3::FileRecord& record) {
    try {
      claim(record);
      const auto got = download_.get(record);
      const std::lock_guard lock(mutex_);
      auto& sum = got == files::Download::Result::downloaded ? downloaded_ : unchanged_;
      ++sum.files;
      sum.bytes += record.size.value_or(0);
    } catch (const RefusedError& error) {
      failed(record.did, record.file_name, error.what());
    }
  }

  /// Two records may have one name; only one of them can have the file.
  void claim(const gen3::FileRecord& record) {
    const std::lock_guard lock(mutex_);
    if (!names_.insert(files::Download::name_of(record)).second) {
      throw RefusedError("another record has the same name: get it alone, with another --out");
    }
  }

  void failed(const std::string& did, const std::string& name, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    ++failed_;
    log::write(log::Level::error, fmt::format("{}: failed", name), {{"reason", reason}, {"did", did}});
  }

  files::Services services_;
  Progress progress_;
  files::Download download_;
  std::mutex mutex_;
  std::set<std::string> names_;
  files::LoadTally::Sum downloaded_;
  files::LoadTally::Sum unchanged_;
  std::uint64_t failed_ = 0;
  files::ThreadPool<gen3::FileRecord> crew_;  // last: its threads use all above
};

void get(Context& context, const GetOptions& options) {
  if (options.guids.empty() == options.project.empty()) {
    throw UsageError("no file is named", {}, "name their GUIDs, or a project with --project");
  }
  Commons commons(context, files::http_options(context.settings));
  DownloadSession getting(commons, options, file_jobs(context));
  for (const std::string& guid : options.guids) {
    if (const auto record = commons.indexd.get(guid)) {
      getting.add(*record);
    } else {
      getting.missing(guid);
    }
  }
  if (!options.project.empty()) {
    const ProjectId project = ProjectId::parse(options.project);
    bool any = false;
    commons.indexd.list(project.resource_path(), [&](const gen3::FileRecord& record) {
      any = true;
      getting.add(record);
    });
    if (!any) require_project(commons, project);
  }
  getting.finish();
  Table table({"outcome", number("files"), number("bytes")});
  const auto row = [&](const char* name, const files::LoadTally::Sum& sum) {
    table.row({name, std::to_string(sum.files), std::to_string(sum.bytes)});
  };
  row("downloaded", getting.downloaded());
  row("unchanged", getting.unchanged());
  table.row({"failed", std::to_string(getting.failures()), ""});
  table.print(context);
  if (getting.failures() > 0) context.exit = ExitCode::partial;
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
  add_project_option(*command, *options, false);
  add_guids(*command, options->guids, "files to get");
  command->add_option("--out", options->out, "the folder to write to; made if it is not there")
      ->type_name("FOLDER")
      ->required();
  command->add_flag("--overwrite", options->overwrite, "replace files that have other content than the record says");
  add_jobs_options(*command, context);
  command->callback([&context, options] { get(context, *options); });
}

}  // namespace etl::cli
