#include "graph/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "graph/connection/sql_lock.hpp"
#include "graph/connection/sql_quote.hpp"
#include "graph/reconcile/dangling.hpp"
#include "graph/reconcile/index_cleaner.hpp"
#include "graph/reconcile/merge.hpp"
#include "graph/reconcile/reconciliation.hpp"
#include "graph/schema/graph_schema.hpp"
#include "graph/snapshot/snapshot_reader.hpp"
#include "graph/staging/load_consumer.hpp"
#include "simplify/check_study.hpp"

namespace etl::graph {
namespace {

/// How many records of other projects an error names one by one.
constexpr std::size_t most_shared_told = 20;
/// The same for records whose unique values other records have.
constexpr std::size_t most_collisions_told = 20;

void require_tables(Connection& connection, const dictionary::Dictionary& dictionary) {
  const Result rows = connection.exec(
      "select relname from pg_class where relnamespace = quote_ident(current_schema())::regnamespace and relkind in "
      "('r', 'p')");
  std::set<std::string, std::less<>> there;
  for (int i = 0; i < rows.rows(); ++i) there.emplace(rows.text(i, 0));
  std::vector<std::string> missing;
  for (const auto& node : dictionary.nodes()) {
    if (!there.contains(node.table)) missing.push_back(node.table);
  }
  for (const auto& edge : dictionary.edges()) {
    if (!there.contains(edge.table)) missing.push_back(edge.table);
  }
  if (missing.empty()) return;
  throw RefusedError(
      fmt::format(
          "{} of the dictionary's tables are missing: {}{}{}", missing.size(),
          fmt::join(missing.begin(),
                    missing.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(missing.size(), 5)), ", "),
          missing.size() > 5 ? ", …" : "", schemas_out_of_reach(connection)),
      connection.where(), "`aced-etl graph init` creates what is missing; check that --dictionary is the commons' own");
}

/// Settings of this transaction only. The GIN indexes of the node tables take most of a load's time; a pending list as
/// large as the load lets IndexCleaner write them in sorted bulk instead of row by row.
void tune(Connection& connection) {
  connection.exec("set local gin_pending_list_limit = 2097151");
  connection.exec("set local work_mem = '64MB'");
  // A pooled session that has used temporary tables before refuses another size.
  connection.exec("savepoint tune");
  try {
    connection.exec("set local temp_buffers = '96MB'");
  } catch (const InputError&) {
    connection.exec("rollback to savepoint tune");
  }
  connection.exec("release savepoint tune");
  // Small samples of the staging tables tell the planner what it needs: how many rows, and that ids are unique.
  connection.exec("set local default_statistics_target = 10");
  // Statements over a hundred tables look dear enough to compile, which takes longer than they do.
  connection.exec("set local jit = off");
  // Without it a server at work on a statement does not see that we were killed, and keeps the project's lock.
  // Since 14.
  connection.exec(
      "select set_config(name, '2s', true) from pg_settings where name = 'client_connection_check_interval'");
}

void make_project(Connection& connection, const ProjectId& project, ProjectIds& ids) {
  ProjectIds made = ensure_project(connection, project, false);
  if (made.project_node != ids.project_node) {
    throw UnavailableError(
        fmt::format("another session made project {} at this moment; nothing was written", project.str()),
        connection.where(), "run again");
  }
  ids = std::move(made);
}

void refuse_shared(const std::vector<SharedNode>& shared, const ProjectId& project, const std::string& where) {
  for (std::size_t i = 0; i < std::min(shared.size(), most_shared_told); ++i) {
    log::error("{} {} belongs to {}, not to {}", shared[i].label, shared[i].node_id,
               shared[i].holder.empty() ? "no project" : "project " + shared[i].holder, project.str());
  }
  const SharedNode& first = shared.front();
  throw InputError(fmt::format("another project holds the ids of {} of the study, the first of them {} {} of {}; "
                               "they were to be loaded into {}",
                               counted(shared.size(), "record"), first.label, first.node_id,
                               first.holder.empty() ? "no project" : first.holder, project.str()),
                   where,
                   "give the study ids of its own (--transform-ids SEED), or link to the other project's records "
                   "and leave them as they are with --shared keep");
}

/// Names the records of a collision, and throws. `files` are the study's, by number.
[[noreturn]] void refuse_collisions(const std::vector<KeyCollision>& found, const dictionary::Dictionary& dictionary,
                                    const std::vector<std::string>& files, const std::string& where) {
  const auto at = [&](std::uint64_t place) { return fmt::format("{}:{}", files.at(file_of(place)), line_of(place)); };
  for (const KeyCollision& one : found) {
    const std::string& title = dictionary.by_label(one.label)->title;
    const std::string other = one.other_staged
                                  ? fmt::format("{}/{} of the study ({})", title, one.other_id, at(one.other_place))
                                  : fmt::format("{}/{}, which the graph holds{}", title, one.other_id,
                                                one.other_project.empty() ? "" : " in project " + one.other_project);
    log::error("{}: {}/{} has the same {} as {}: {}", at(one.place), title, one.node_id, one.keys, other, one.values);
  }
  throw RefusedError(
      fmt::format("{} of the study {} the unique values of other records; nothing was written",
                  found.size() > most_collisions_told ? fmt::format("more than {} records", most_collisions_told)
                                                      : counted(found.size(), "record"),
                  found.size() == 1 ? "has" : "have"),
      where, "correct the records, or remove those that the study replaces with --prune");
}

/// Writes what the study changes. When two records have the same unique value, the staged rows say which.
std::vector<TableChange> apply(Connection& connection, Merge& merge, const LoadOptions& options,
                               const dictionary::Dictionary& dictionary, const std::vector<std::string>& files) {
  const auto refuse_any = [&] {
    const auto found = merge.collisions(most_collisions_told + 1);
    if (!found.empty()) refuse_collisions(found, dictionary, files, connection.where());
  };
  if (options.dry_run) {
    refuse_any();
    return merge.apply();
  }
  connection.exec("savepoint before_writing");
  try {
    std::vector<TableChange> tables = merge.apply();
    connection.exec("release savepoint before_writing");
    return tables;
  } catch (const UniqueViolation&) {
    connection.exec("rollback to savepoint before_writing");
    refuse_any();
    throw;  // another session has written the same value at this moment
  }
}

void begin(const LoadOptions& options, const char* phase) {
  if (options.on_phase) options.on_phase(phase, std::nullopt);
}

}  // namespace

void show_phases(LoadOptions& options, Progress& progress) {
  options.on_phase = [&progress](const std::string& phase, std::optional<std::uint64_t> rows) {
    progress.phase(phase, rows, phase == "reading" ? Progress::Unit::bytes : Progress::Unit::items);
  };
  options.on_rows = [&progress](std::uint64_t rows) { progress.add(rows); };
}

LoadReport load_study(Connection& connection, const dictionary::Dictionary& dictionary,
                      const simplify::StudyOptions& study, const LoadOptions& options, simplify::IssueReport& report,
                      std::function<void(std::uint64_t)> progress) {
  LoadReport out;
  {
    // Made first and so ended last: it may need a pooler's connection that only the end of the transaction sets free.
    IndexCleaner cleaner(options.dry_run ? nullptr : options.second_session);
    Transaction transaction(connection);
    use_graph_schema(connection);
    require_tables(connection, dictionary);
    lock_project(connection, options.project);
    tune(connection);
    // Only looked for as yet: a program that is made holds other loads up until this one commits.
    out.project = ensure_project(connection, options.project, true);

    begin(options, "reading");
    GraphSnapshot snapshot;
    read_snapshot(connection, dictionary, options.project, snapshot);
    Staging staging(connection);
    Dangling dangling(connection, dictionary, staging);
    LoadConsumer consumer(dictionary, {options.project.str(), out.project.project_node, options.edge_rule}, snapshot,
                          staging, report, std::move(progress));
    simplify::StudyOptions of_project = study;
    of_project.project = options.project.str();
    const simplify::StudyResult read = simplify::read_study(
        of_project, consumer, report, [&](const fhir::IdIndex::Reference& reference) { dangling.add(reference); });
    out.tally = read.tally;
    out.without_node = consumer.without_node();
    out.without_edge = consumer.without_edge();
    out.unknown_properties = consumer.unknown_properties();
    simplify::require_resources(read, report, study.path);
    if (report.errors() > 0) {
      throw InputError(fmt::format("the study is not valid: {}; nothing was written", simplify::in_words(report)),
                       study.path, "mend the study; `aced-etl validate` lists what is wrong");
    }
    if (!read.deleted.empty()) {
      snapshot.remove([&](std::size_t type, std::string_view id) {
        const std::string target = fmt::format("{}/{}", dictionary.nodes()[type].title, id);
        return std::ranges::binary_search(read.deleted, fhir::IdIndex::key_of(target));
      });
    }
    const Reconciliation reconciliation = reconcile(snapshot, dictionary, options, staging);
    out.left_out = read.left_out();
    out.deletions = read.deletions;
    out.deleted = reconciliation.deleted;
    staging.finish();

    begin(options, "comparing");
    Merge merge(connection, dictionary, staging, options, reconciliation, cleaner);
    if (report.count(fhir::IssueKind::repeated_resource) > 0) merge.drop_repeated();
    merge.compare();
    const std::vector<SharedNode> shared = merge.shared();
    if (!shared.empty() && !options.keep_shared) refuse_shared(shared, options.project, connection.where());
    // The edges of what stays another project's own do not count as this study's.
    if (!shared.empty()) merge.drop_shared(shared);
    if (dangling.any()) out.dangling_skipped = dangling.resolve(read.files, report);
    if (out.dangling_skipped > 0 && !options.skip_dangling) {
      const std::uint64_t dangling_count = report.count(fhir::IssueKind::dangling);
      throw InputError(fmt::format("{} {} nowhere; nothing was written", counted(dangling_count, "reference"),
                                   dangling_count == 1 ? "leads" : "lead"),
                       study.path, "add the missing records, or leave these edges out with --dangling skip");
    }
    if (!options.dry_run) make_project(connection, options.project, out.project);
    out.tables = apply(connection, merge, options, dictionary, read.files);
    for (const SharedNode& node : shared) {
      const std::string& table = dictionary.by_label(node.label)->table;
      auto at = std::ranges::find(out.tables, table, &TableChange::table);
      if (at == out.tables.end()) at = out.tables.insert(out.tables.begin(), {.table = table});
      ++at->shared;
    }
    if (options.dry_run) {
      transaction.rollback();
      return out;
    }
    begin(options, "committing");
    transaction.commit();
    begin(options, "indexing");  // the cleaner ends with this block
  }
  return out;
}

}  // namespace etl::graph
