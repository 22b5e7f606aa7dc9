#include <fmt/format.h>

#include <memory>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "cli/files/load.hpp"
#include "cli/files/lock.hpp"
#include "cli/files/options.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/known_project.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "config/folder.hpp"
#include "documents/locator.hpp"
#include "files/bucket.hpp"
#include "files/file_log.hpp"
#include "files/verification.hpp"

namespace etl::cli {
namespace {

struct VerifyFlags : FilesOptions {
  bool deep = false;
  bool repair = false;
};

/// Sends what was found broken. A document whose file on disk is not what the metadata says fails, and stays as it is.
void repair(Context& context, const VerifyFlags& options, Commons& commons, const std::vector<std::string>& broken) {
  const auto state = config::folder(context.settings, "state_dir");
  const FilesLock lock(context, commons, ProjectId::parse(options.project));
  files::Journal journal(state, commons.session.endpoint());
  const documents::Locator locator(study_places(context, options));
  files::Manifest manifest(&locator);
  const files::StudyTally study = files::read_chosen_documents(study_source(context, options), manifest, broken,
                                                               files::log_document_issue, commons.stop.token());
  files::LoadRequest request = load_request(context, options, commons);
  request.replace = request.resend = true;
  load_manifest(context, commons, journal, manifest, request, study);
}

void verify(Context& context, const VerifyFlags& options) {
  Commons commons(context, files::http_options(context.settings));
  const files::Services services = services_of(commons);
  files::Manifest manifest(nullptr);
  const files::StudyTally study =
      files::read_documents(study_source(context, options), manifest, files::log_document_issue, commons.stop.token());
  auto request = files::VerifyRequest::from(context.settings, ProjectId::parse(options.project));
  request.deep = options.deep;
  if (!request.bucket_name.empty()) files::require_bucket(commons.fence, request.bucket_name);
  Table table({"did", "finding", "name", "detail"});
  std::vector<std::string> broken;
  files::VerifyTally tally;
  {
    Progress progress("verifying", manifest.files(), Progress::Unit::items);
    request.on_file = [&] { progress.add(1); };
    tally = files::verify(services, manifest, request, [&](const files::Discrepancy& found) {
      table.row({found.did, std::string(to_string(found.finding)), found.name, found.detail});
      if (found.finding != files::DiscrepancyKind::extra_record) broken.push_back(found.did);
    });
  }
  if (tally.fine == 0) require_project(commons, request.project);
  log::info("{}: {} fine, {}{}", counted(tally.documents, "document"), human_count(tally.fine),
            counted(tally.findings, "finding"),
            tally.by_size > 0
                ? fmt::format("; for {} only the size is proven: --deep reads their bytes", human_count(tally.by_size))
                : "");
  if (tally.findings > 0 || study.problems > 0) context.exit = ExitCode::partial;
  if (!options.repair) return table.print(context);
  if (broken.empty()) return table.print(context);
  if (!table.empty()) log::info("sending {} again", counted(broken.size(), "file"));
  context.exit = tally.findings > broken.size() || study.problems > 0 ? ExitCode::partial : ExitCode::done;
  repair(context, options, commons, broken);
}

}  // namespace

void add_files_verify(CLI::App& group, Context& context) {
  auto* command = group.add_subcommand("verify");
  describe(
      *command,
      {.summary = "compare a study's metadata, indexd and S3 with each other, in both directions",
       .text = "A line for every discrepancy: missing-record, wrong-record, missing-object, wrong-size, wrong-md5, "
               "extra-record. S3 is asked for each object's size and ETag by a signed URL; the ETag of a file that "
               "was sent in parts does not tell its md5: --deep reads every byte. --repair sends what is broken "
               "again; extra records are left alone. A record whose DocumentReference the study deletes, or that has "
               "another GUID because of --transform-ids, is an extra record. Exit 6 when something was found and not "
               "repaired.",
       .examples = {{"aced-etl files verify --project aced-Diabetes ~/studies/Diabetes", "sizes and ETags"},
                    {"aced-etl files verify --project aced-Diabetes ~/studies/Diabetes --deep --repair",
                     "compare every byte, and repair what is broken"}}});
  auto options = std::make_shared<VerifyFlags>();
  add_commons_options(*command, context);
  add_project_option(*command, options->project, "the project whose files these are")->required();
  add_study_path(*command, context, *options);
  add_sending_options(*command, context, *options);
  command->add_flag("--deep", options->deep, "read all bytes and compare their md5");
  command->add_flag("--repair", options->repair, "send again what is broken");
  command->callback([&context, options] { verify(context, *options); });
}

}  // namespace etl::cli
