#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/counted.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/lib/confirm.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "cli/search/server.hpp"
#include "search/check.hpp"
#include "search/fhir_store.hpp"
#include "search/listing.hpp"
#include "search/removal.hpp"
#include "search/shared_index.hpp"

namespace etl::cli {
namespace {

struct SearchAdminArguments {
  std::string project;
  bool fhir = false;
  std::vector<std::string> types;
};

std::string age_of(std::int64_t created) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::int64_t seconds = now.count() - created;
  if (created == 0 || seconds < 0) return "";
  constexpr std::int64_t day = 86'400;
  return seconds >= 2 * day ? fmt::format("{} d", seconds / day) : human_duration(std::chrono::seconds(seconds));
}

void list(const Context& context, const SearchAdminArguments& arguments) {
  SearchServer search(context);
  const bool table_for_people = context.output == Output::table;
  Table table({"type", "project", number("generation"), "state", number("documents"),
               table_for_people ? Column("size") : number("bytes"),
               table_for_people ? Column("age") : number("created"), "index", cli::list("aliases")});
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;
  for (const auto& row : search::list_indexes(search.server, context.settings.require("search.prefix"))) {
    if (!arguments.project.empty() && row.project != arguments.project) continue;
    std::string aliases;
    for (const std::string& alias : row.aliases) aliases += (aliases.empty() ? "" : ",") + alias;
    table.row({row.type, row.project, row.generation == 0 ? "" : std::to_string(row.generation), row.state,
               std::to_string(row.documents), table_for_people ? human_bytes(row.bytes) : std::to_string(row.bytes),
               table_for_people ? age_of(row.created) : std::to_string(row.created), row.index, aliases});
    bytes += row.bytes;
    ++rows;
  }
  if (rows == 0 && !arguments.project.empty()) {
    require_loaded_project(context, search, ProjectId::parse(arguments.project));
  }
  table.print(context);
  log::info("{}, {}; the server is {}", counted(rows, "index"), human_bytes(bytes), search.server.version().str());
}

void count(const Context& context, const SearchAdminArguments& arguments) {
  SearchServer search(context);
  Table table({"project", "type", number("documents")});
  for (const auto& row : search::seen_counts(search.server, context.settings.require("search.prefix"))) {
    if (!arguments.project.empty() && row.project != arguments.project) continue;
    table.row({row.project, row.type, std::to_string(row.documents)});
  }
  if (table.empty() && !arguments.project.empty()) {
    require_loaded_project(context, search, ProjectId::parse(arguments.project));
  }
  table.print(context);
}

/// From the indexes that all projects share.
void remove_shared(const Context& context, SearchServer& search, const ProjectId& project) {
  const search::LoadRequest request = load_request(context, search.server, project, {});
  const auto holdings = search::shared_holdings(search.server, request.prefix, project);
  Table table({"type", number("documents"), "index"});
  std::uint64_t documents = 0;
  for (const search::SharedHolding& holding : holdings) {
    table.row({holding.type, std::to_string(holding.documents), holding.index.name});
    documents += holding.documents;
  }
  const std::string words = fmt::format("remove {} of {} from {}", counted(documents, "document"), project.str(),
                                        counted(holdings.size(), "shared index"));
  if (holdings.empty()) {
    log::info("the shared indexes have nothing of {}", project.str());
  } else if (context.dry_run) {
    log::info("would {}", words);
  } else {
    if (!confirm(context, words)) throw UsageError("nothing was removed", {}, "answer y, or pass --yes");
    search::remove_from_shared(search.server, request);
  }
  table.print(context);
}

void remove(const Context& context, const SearchAdminArguments& arguments) {
  const ProjectId project = ProjectId::parse(arguments.project);
  SearchServer search(context);
  if (search::index_layout(context.settings) == search::IndexLayout::single)
    return remove_shared(context, search, project);
  remove_types(context, search, project,
               search::types_of_project(search.server, context.settings.require("search.prefix"), project), "search");
}

void roll_back(const Context& context, const SearchAdminArguments& arguments) {
  const ProjectId project = ProjectId::parse(arguments.project);
  if (!arguments.fhir && search::index_layout(context.settings) == search::IndexLayout::single) {
    throw UsageError("an index that all projects share has no previous generation",
                     context.settings.get("search.layout_index")->origin,
                     "load the study as it was then; only --layout-index project keeps previous generations");
  }
  SearchServer search(context);
  search::LoadRequest request = load_request(context, search.server, project, {});
  require_loaded_project(context, search, project);
  if (arguments.fhir) {
    request.what = "fhir";
    request.types = {search::fhir_type()};
  } else {
    request.types = search::types_of_project(search.server, request.prefix, project);
  }
  const auto done = search::roll_back(search.server, request);
  Table table({"type", "index"});
  for (const auto& [type, index] : done) table.row({type, index});
  table.print(context);
  log::info("{} the previous generation of {}", context.dry_run ? "readers would see" : "readers see", project.str());
}

void check(Context& context, const SearchAdminArguments& arguments) {
  SearchServer search(context);
  const auto report = search::check_indexes(search.server, context.settings.require("search.prefix"), arguments.types);
  Table table({"level", "about", "problem", "advice"});
  bool wrong = false;
  for (const search::Finding& finding : report.findings) {
    table.row({search::name_of(finding.level), finding.about, finding.what, finding.advice});
    wrong = wrong || finding.level != search::Finding::Level::warning;
  }
  table.print(context);
  log::info("{} behind {} looked at: {}", counted(report.indexes, "index"), counted(report.aliases.size(), "alias"),
            report.findings.empty() ? "nothing is wrong" : counted(report.findings.size(), "problem"));
  if (wrong) context.exit = ExitCode::refused;
}

}  // namespace

void remove_types(const Context& context, SearchServer& search, const ProjectId& project,
                  const std::vector<search::DocumentType>& types, const std::string& what) {
  search::LoadRequest request = load_request(context, search.server, project, {});
  request.what = what;
  request.types = types;
  const auto holdings = search::holdings_of(search.server, request.prefix, project, types);
  Table table({"type", number("documents"), number("indexes")});
  std::uint64_t documents = 0;
  std::uint64_t indexes = 0;
  for (const search::Holding& holding : holdings) {
    table.row({holding.type, std::to_string(holding.documents), std::to_string(holding.indexes.size())});
    documents += holding.documents;
    indexes += holding.indexes.size();
  }
  const std::string words =
      fmt::format("remove {} of {} ({})", counted(documents, what == "fhir" ? "resource" : "document"), project.str(),
                  counted(indexes, "index"));
  if (holdings.empty()) {
    require_loaded_project(context, search, project);
    log::info("the search server has nothing of {}", project.str());
  } else if (context.dry_run) {
    log::info("would {}", words);
  } else {
    if (!confirm(context, words)) throw UsageError("nothing was removed", {}, "answer y, or pass --yes");
    search::remove_project(search.server, std::move(request));
  }
  table.print(context);
}

void add_search_admin(CLI::App& search, Context& context) {
  auto arguments = std::make_shared<SearchAdminArguments>();

  auto* ls = search.add_subcommand("ls");
  describe(*ls,
           {.summary = "list the search indexes: generations, aliases, sizes, age",
            .text = "The state of an index is `live` (readers see it), `previous` (what `search rollback` brings "
                    "back), `unfinished` (a load is at work or was killed; the next one removes it), `rolled-back`, "
                    "`shared` (of all projects: --layout-index single, or older tools), or `other`.",
            .examples = {{"aced-etl search ls --project aced-lung_cancer", "of one project"}}});
  add_project_option(*ls, arguments->project, "only this project");
  add_search_options(*ls, context);
  ls->callback([&context, arguments] { list(context, *arguments); });

  auto* counts = search.add_subcommand("counts");
  describe(*counts, {.summary = "count the documents that readers see, by project and type",
                     .text = "Asks through the aliases, as guppy does.",
                     .examples = {{"aced-etl search counts -o json", "for jq"}}});
  add_project_option(*counts, arguments->project, "only this project");
  add_search_options(*counts, context);
  counts->callback([&context, arguments] { count(context, *arguments); });

  auto* check_command = search.add_subcommand("check");
  describe(*check_command,
           {.summary = "look for what would stop guppy or give wrong answers",
            .text = "Looks at the indexes of all projects behind each alias: types and names of fields that guppy does "
                    "not take, mappings that differ, array-config, documents without auth_resource_path, several "
                    "generations of one project, a full disk, the limit of shards. One wrong field of one project "
                    "stops the explorer for all. Writes nothing. The exit code is 7 when something stops guppy or "
                    "gives wrong answers.",
            .examples = {{"aced-etl search check", "the types that this program has loaded"},
                         {"aced-etl search check --types patient,file", "what guppy is configured with"}}});
  add_list_option(*check_command, "--types", arguments->types, "the indexes that guppy is configured with");
  add_search_options(*check_command, context);
  check_command->callback([&context, arguments] { check(context, *arguments); });

  auto* rm = search.add_subcommand("rm");
  describe(
      *rm,
      {.summary = "remove a project's documents from the search indexes",
       .text = "Counts the documents and asks before it removes any. Readers stop seeing all of them in one call. "
               "guppy ends when one of its aliases has no index, so an empty index stays where no other project "
               "has one. With --layout-index single the documents are removed one by one from the indexes that all "
               "projects share. The FHIR store is not touched (`fhir rm`).",
       .examples = {{"aced-etl search rm --project aced-lung_cancer --dry-run", "how many there are"}}});
  add_project_option(*rm, arguments->project, "the project")->required();
  add_search_options(*rm, context);
  add_setting_option(*rm, context, "search.layout_index");
  add_setting_option(*rm, context, "state_dir");
  add_dry_run(*rm, context);
  add_yes(*rm, context);
  rm->callback([&context, arguments] { remove(context, *arguments); });

  auto* rollback = search.add_subcommand("rollback");
  describe(
      *rollback,
      {.summary = "let readers see the previous load of a project again",
       .text = "One call takes the aliases of all types back to the previous generation. The newer one stays until "
               "the next load removes it.",
       .examples = {{"aced-etl search rollback --project aced-lung_cancer", "undo the last load"}}});
  add_project_option(*rollback, arguments->project, "the project")->required();
  rollback->add_flag("--fhir", arguments->fhir, "the FHIR store instead of the documents");
  add_search_options(*rollback, context);
  add_setting_option(*rollback, context, "state_dir");
  add_dry_run(*rollback, context);
  rollback->callback([&context, arguments] { roll_back(context, *arguments); });
}

}  // namespace etl::cli
