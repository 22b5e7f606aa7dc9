#include "cli/files/load.hpp"

#include <fmt/format.h>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/lib/print.hpp"
#include "files/watched_load.hpp"

namespace etl::cli {
namespace {

using files::Outcome;

/// A dry run loads nothing: it says what would be loaded.
std::string name_of(Outcome outcome, bool dry_run) {
  const bool acts = outcome == Outcome::loaded || outcome == Outcome::replaced;
  return fmt::format("{}{}", dry_run && acts ? "would be " : "", to_string(outcome));
}

void print_summary(const Context& context, const files::LoadTally& tally, const files::StudyTally& study,
                   const files::LoadRequest& load) {
  Table table({"outcome", number("files"), number("bytes")});
  for (std::size_t i = 0; i < files::outcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    auto sum = tally[outcome];
    if (outcome == Outcome::failed) {
      sum.files += study.problems;
      sum.bytes += study.problem_bytes;
    }
    table.row({name_of(outcome, context.dry_run), std::to_string(sum.files), std::to_string(sum.bytes)});
  }
  for (const auto& [kind, count] : files::without_file(study))
    table.row({std::string(kind), std::to_string(count), ""});
  if (study.further_contents > 0) {
    log::warn("{} contents beyond the first of their DocumentReference are not loaded: a GUID has one file",
              human_count(study.further_contents));
  }
  table.print(context);
  if (tally[Outcome::unchanged].files > 0) {
    log::info("unchanged: {}", files::grounds(tally, load));
  }
}

}  // namespace

void load_manifest(Context& context, Commons& commons, files::Journal& journal, files::Manifest& manifest,
                   const files::LoadRequest& load, const files::StudyTally& study) {
  const files::LoadResult result = files::load_watched(services_of(commons), journal, manifest, load, "files");
  print_summary(context, result.tally, study, load);
  const std::uint64_t failed = result.tally[Outcome::failed].files + study.problems;
  if (failed > 0) log::error("{} failed and added nothing to the commons", counted(failed, "file"));
  if (result.stopped) std::rethrow_exception(result.stopped);
  if (failed > 0) context.exit = ExitCode::partial;
}

}  // namespace etl::cli
