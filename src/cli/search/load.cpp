#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "cli/lib/study_options.hpp"
#include "cli/search/guppy.hpp"
#include "cli/search/server.hpp"
#include "config/search_address.hpp"
#include "flat/document_files.hpp"
#include "flat/documents.hpp"
#include "flat/losses.hpp"
#include "search/document_load.hpp"
#include "search/study_load.hpp"

namespace etl::cli {
namespace {

struct SearchLoadArguments {
  StudyArguments study;
  std::string project;
  std::vector<std::string> types;
  std::uint64_t limit = 0;
  std::string output;
  SearchWriteArguments writing;
  GuppyArguments guppy;
};

/// Of dangling references, and of values that are not in the documents, so many are named.
constexpr std::uint64_t most_named = 10;

flat::DocumentsRequest request_of(const Context& context, const SearchLoadArguments& arguments,
                                  const StudySetup& setup) {
  StudyArguments reading = arguments.study;
  const ProjectId project = ProjectId::parse(arguments.project);
  reading.project = project;
  flat::DocumentsRequest request =
      flat::DocumentsRequest::from(context.settings, project, setup.options(context.settings, reading));
  request.types = arguments.types;
  request.limit = arguments.limit;
  return request;
}

/// The documents would be read as part of the study the next time.
void refuse_own_input_folder(const std::string& path, const std::string& output) {
  std::error_code error;
  if (path != "-" && std::filesystem::equivalent(path, output, error)) {
    throw UsageError("the output folder is the study's own", output,
                     "name another one; a folder below the study's is passed over when the study is read");
  }
}

/// What a dry run asks for: which documents there would be, and none of them.
class Counts final : public flat::DocumentSink {
 public:
  [[nodiscard]] bool begin(std::span<const flat::DocumentSet> sets, std::string_view /*digest*/) override {
    sets_.assign(sets.begin(), sets.end());
    return false;
  }
  void take(std::size_t /*set*/, std::span<const flat::Document> /*documents*/) override {}
  [[nodiscard]] const std::vector<flat::DocumentSet>& sets() const { return sets_; }

 private:
  std::vector<flat::DocumentSet> sets_;
};

/// Passes documents on to the files, and keeps what begin() tells.
class FilesAndCounts final : public flat::DocumentSink {
 public:
  explicit FilesAndCounts(const std::string& folder) : files_(folder) {}
  [[nodiscard]] bool begin(std::span<const flat::DocumentSet> sets, std::string_view digest) override {
    sets_.assign(sets.begin(), sets.end());
    return files_.begin(sets, digest);
  }
  void take(std::size_t set, std::span<const flat::Document> documents) override { files_.take(set, documents); }
  [[nodiscard]] bool ordered() const override { return files_.ordered(); }
  void commit() { files_.commit(); }
  [[nodiscard]] const std::vector<flat::DocumentSet>& sets() const { return sets_; }

 private:
  flat::DocumentFiles files_;
  std::vector<flat::DocumentSet> sets_;
};

void print_sets(const Context& context, const std::vector<flat::DocumentSet>& sets, const flat::DocumentsReport& done) {
  Table table({"type", number("documents"), number("columns")});
  for (std::size_t i = 0; i < sets.size(); ++i)
    table.row({sets[i].type, std::to_string(done.documents[i]), std::to_string(sets[i].columns.size())});
  table.print(context);
}

std::vector<search::LoadedType> loaded_types(const search::LoadReport& report) {
  std::vector<search::LoadedType> types;
  for (const search::TypeReport& type : report.types) types.push_back({.name = type.type, .fields = type.fields});
  return types;
}

/// Without --output the documents go to the server; a dry run looks at it only where one is configured.
bool goes_to_server(const Context& context, const SearchLoadArguments& arguments) {
  return arguments.output.empty() && (!context.dry_run || config::search_address(context.settings));
}

void run(Context& context, const SearchLoadArguments& arguments) {
  for (const std::string_view format : {"table", "json", "yaml"}) {
    if (arguments.output == format) {
      throw UsageError(
          fmt::format("--output {} names a folder for this command", format), {},
          fmt::format("write -o {} for the format of the result, or --output ./{} for the folder", format, format));
    }
  }
  check_guppy_options(context, arguments.guppy);
  if (!arguments.guppy.url.empty() && !arguments.output.empty()) {
    throw UsageError("--guppy and --output do not go together: guppy reads no files", {}, "leave one of them out");
  }
  // Before any other thread, so that a stop is noticed.
  std::optional<SearchServer> search;
  if (goes_to_server(context, arguments)) search.emplace(context);
  const StudySetup setup = StudySetup::load(context.settings);
  flat::DocumentsRequest request = request_of(context, arguments, setup);
  std::uint64_t dangling = 0;
  simplify::IssueReport report(
      [&](const fhir::Issue& issue, bool warning) {
        if (issue.kind != fhir::IssueKind::dangling || ++dangling <= most_named) simplify::log_issue(issue, warning);
      },
      true);
  Progress progress("reading", std::nullopt);
  const auto advance = [&](std::uint64_t bytes) { progress.add(bytes); };
  flat::DocumentsReport done;
  std::vector<flat::DocumentSet> sets;
  std::optional<search::LoadReport> loaded;
  if (search) {
    search::LoadRequest load = load_request(context, search->server, request.project, arguments.writing);
    search::StudyLoadReport study =
        search::load_study(search->server, std::move(load), request, report,
                           {.on_bytes = advance, .on_swap = [&] { progress.phase("swapping"); }});
    done = std::move(study.documents);
    loaded = std::move(study.load);
    sets = std::move(study.sets);
  } else if (context.dry_run) {
    Counts counts;
    done = flat::make_documents(request, counts, report, advance);
    sets = counts.sets();
  } else {
    refuse_own_input_folder(arguments.study.path, arguments.output);
    request.study.selection.skip_folder = arguments.output;
    FilesAndCounts files(arguments.output);
    done = flat::make_documents(request, files, report, advance);
    files.commit();
    sets = files.sets();
  }
  if (dangling > most_named) {
    log::warn("{} more dangling references; `aced-etl validate` lists them all", human_count(dangling - most_named));
  }
  flat::log_losses(done);
  if (loaded) {
    const bool ask_guppy = !arguments.guppy.url.empty() && !context.dry_run;
    print_load(context, *loaded, request.project.str(), !ask_guppy);
    if (ask_guppy) report_guppy(context, arguments.guppy, loaded_types(*loaded), search->stop.token());
    return;
  }
  print_sets(context, sets, done);
  std::uint64_t documents = 0;
  for (const std::uint64_t count : done.documents) documents += count;
  const std::string left_out = done.study.left_out().empty() ? "" : ", " + done.study.left_out();
  log::info("{} in, {} {}{}", counted(done.study.tally.resources, "resource"), counted(documents, "document"),
            context.dry_run ? "would be made" : "made", left_out);
}

}  // namespace

void add_search_load(CLI::App& search, Context& context) {
  auto* command = search.add_subcommand("load");
  describe(
      *command,
      {.summary = "make the search indexes hold a study's documents",
       .text =
           "Reads a study's metadata, FHIR R5 or records that `simplify` wrote, and makes the documents that guppy "
           "and the portal search. With --output it writes them to FOLDER/{type}.ndjson, one document a line, "
           "instead of a server.\n\n"
           "On the server each project has an index of its own for each type. The documents go to fresh indexes, are "
           "counted there, and then take the place of the previous ones in one call: readers see all documents of "
           "before or all of after. An unchanged study is not sent again. Killed at any moment, the command can be run "
           "again; it removes what the killed one has left.\n\n"
           "With --layout-index single the documents go to the index {prefix}_{type}_0 that all projects share, as "
           "older tools have it: documents are added and replaced by id, and those that left the study are removed. "
           "Readers may see documents of both loads until the command has ended, and there is no rollback.\n\n"
           "The layout `dictionary` has the types patient, observation and file: the records, with the fields that "
           "the Gen3 dictionary describes. An observation also has values of its patient and the codes of the "
           "patient's conditions. The layout `dataframe` has research_subject, specimen, document_reference, "
           "medication_administration and group_member: a row for each, with its subject, observations and "
           "conditions folded in. It needs FHIR.\n\n"
           "guppy reads fields only when it starts, so the command says when a load has added some. With --guppy it "
           "asks "
           "guppy which fields it knows; nothing but --refresh makes it call guppy's _refresh.\n\n"
           "Identifiers of the systems in `search.personal_identifiers` (by default US social security numbers, "
           "passports and driver's licences) stay out of the documents.\n\n"
           "The study is checked as by `validate`, and an invalid one gives no documents (exit 3). Dangling "
           "references are warnings. The whole study is read before the first document is made; rows that exceed "
           "`limits.join_memory_mib` wait in the temporary folder.",
       .examples = {{"aced-etl search load --project aced-lung_cancer STUDY", "to the search server"},
                    {"aced-etl search load --project aced-lung_cancer STUDY --output documents", "as files"},
                    {"aced-etl search load --project aced-lung_cancer STUDY --layout dataframe --dry-run",
                     "how many documents and columns there would be"}}});
  auto arguments = std::make_shared<SearchLoadArguments>();
  add_project_option(*command, arguments->project, "the project")->required();
  add_study_arguments(*command, context, arguments->study);
  add_record_arguments(*command, context, arguments->study);
  add_setting_option(*command, context, "search.layout");
  add_list_option(*command, "--types", arguments->types, "only documents of these types");
  command->add_option("--limit", arguments->limit, "at most this many documents of each type [default: all]")
      ->type_name("N");
  command->add_option("--output", arguments->output, "write the documents to files in this folder")
      ->type_name("FOLDER");
  add_setting_option(*command, context, "limits.join_memory_mib");
  add_setting_option(*command, context, "search.personal_identifiers");
  add_search_options(*command, context);
  add_setting_option(*command, context, "search.layout_index");
  add_search_write_options(*command, context, arguments->writing);
  add_guppy_options(*command, context, arguments->guppy);
  add_dry_run(*command, context);
  command->callback([&context, arguments] { run(context, *arguments); });
}

}  // namespace etl::cli
