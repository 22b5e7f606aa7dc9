#include "cli/files_load.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "cli/print.hpp"

namespace etl::cli {
namespace {

using files::Outcome;

void tell(const files::FileResult& result, bool dry_run) {
  const files::Document& document = result.document;
  const bool bad = result.outcome == Outcome::failed || result.outcome == Outcome::unfinished;
  if (bad) {
    log::write(result.outcome == Outcome::failed ? log::Level::error : log::Level::warn,
               fmt::format("{}: {}", document.name, to_string(result.outcome)),
               {{"reason", result.reason}, {"at", document.place}, {"did", document.did}});
  } else if (log::is_json() || dry_run) {
    // For people a dry run is the list of what would be done; a real one shows its progress.
    log::write(
        dry_run && result.outcome == Outcome::unchanged ? log::Level::debug : log::Level::info,
        fmt::format("{}: {}{}", document.name, dry_run ? "would be " : "", to_string(result.outcome)),
        {{"did", document.did}, {"outcome", to_string(result.outcome)}, {"bytes", std::to_string(document.size)}});
  } else {
    log::debug("{}: {}", document.name, to_string(result.outcome));
  }
}

void print_summary(const Context& context, const files::LoadTally& tally, const files::StudyTally& study) {
  Table table({"outcome", number("files"), number("bytes")});
  for (std::size_t i = 0; i < files::outcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    auto sum = tally[outcome];
    if (outcome == Outcome::failed) {
      sum.files += study.problems;
      sum.bytes += study.problem_bytes;
    }
    table.row({std::string(to_string(outcome)), std::to_string(sum.files), std::to_string(sum.bytes)});
  }
  if (study.elsewhere > 0) table.row({"elsewhere", std::to_string(study.elsewhere), ""});
  if (study.inline_data > 0) table.row({"inline", std::to_string(study.inline_data), ""});
  if (study.further_contents > 0) {
    log::warn("{} contents beyond the first of their DocumentReference are not loaded: a GUID has one file",
              human_count(study.further_contents));
  }
  table.print(context);
}

}  // namespace

void log_problem(const files::Problem& problem) {
  log::write(log::Level::error, fmt::format("{}: failed", problem.name.empty() ? problem.place : problem.name),
             {{"reason", problem.reason}, {"at", problem.place}, {"did", problem.did}});
}

void load_manifest(Context& context, Commons& commons, files::Journal& journal, files::Manifest& manifest,
                   const files::LoadOptions& load, const files::StudyTally& study) {
  const files::Services services = services_of(commons);
  files::LoadOptions options = load;
  files::LoadResult result;
  {
    const std::uint64_t count = manifest.files();
    std::uint64_t done = 0;
    Progress progress("files", manifest.bytes());
    options.upload.on_bytes = [&](std::uint64_t bytes) { progress.add(bytes); };
    result = files::load(services, journal, manifest, options, [&](const files::FileResult& file) {
      tell(file, options.dry_run);
      progress.note(fmt::format("{} of {}", human_count(++done), human_count(count)));
      if (file.outcome == Outcome::unchanged || file.outcome == Outcome::adopted) progress.add(file.document.size);
    });
  }
  print_summary(context, result.tally, study);
  const std::uint64_t failed = result.tally[Outcome::failed].files + study.problems;
  if (failed > 0) log::error("{} files failed for good; nothing new of them is in the commons", human_count(failed));
  if (result.stopped) std::rethrow_exception(result.stopped);
  if (failed > 0) context.exit = ExitCode::partial;
}

}  // namespace etl::cli
