#include "graph/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "graph/connection/sql_lock.hpp"
#include "graph/connection/sql_quote.hpp"
#include "graph/reconcile/comparison.hpp"
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
constexpr std::size_t most_shared_named = 20;
/// The same for records whose unique values other records have.
constexpr std::size_t most_collisions_named = 20;

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
        fmt::format("another session created project {} at the same time; nothing was written", project.str()),
        connection.where(), "run again");
  }
  ids = std::move(made);
}

void refuse_shared(const std::vector<SharedNode>& shared, const ProjectId& project, const std::string& where) {
  for (std::size_t i = 0; i < std::min(shared.size(), most_shared_named); ++i) {
    log::error("{} {} belongs to {}, not to {}", shared[i].label, shared[i].node_id,
               shared[i].holder.empty() ? "no project" : "project " + shared[i].holder, project.str());
  }
  const SharedNode& first = shared.front();
  throw InputError(fmt::format("another project holds the ids of {} of the study, the first of them {} {} of {}; "
                               "this load is for {}",
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
                  found.size() > most_collisions_named ? fmt::format("more than {} records", most_collisions_named)
                                                       : counted(found.size(), "record"),
                  found.size() == 1 ? "has" : "have"),
      where, "correct the records, or remove those that the study replaces with --prune");
}

/// What all phases of one load work with.
struct Load {
  Connection& connection;
  const dictionary::Dictionary& dictionary;
  const LoadRequest& request;
  simplify::IssueReport& report;
  const LoadHooks& hooks;
  std::string study_path;

  void begin(const char* phase) const {
    if (hooks.on_phase) hooks.on_phase(phase, std::nullopt);
  }
};

// The phases of a load: read_into_staging -> reconcile -> resolve -> apply. Each consumes the result of the one before.

/// The study has been read: its records and edges are staged, or marked in the snapshot where the graph has them.
struct ReadStudy {
  simplify::StudyResult study;
  GraphSnapshot snapshot;
  Staging staging;
  Dangling dangling;
};

/// What goes is staged, too; the staging tables are complete.
struct ReconciledStudy {
  simplify::StudyResult study;
  StagedRows staged;
  Dangling dangling;
  Reconciliation reconciliation;
};

/// Compared with the graph, and free of what cannot be loaded.
struct ResolvedStudy {
  simplify::StudyResult study;
  StagedRows staged;
  Comparison comparison;
  Reconciliation reconciliation;
  std::vector<SharedNode> shared;  ///< records that stay another project's
};

ReadStudy read_into_staging(const Load& load, const simplify::StudyOptions& options, LoadReport& out) {
  load.begin("reading");
  ReadStudy read{{}, {}, Staging(load.connection), Dangling(load.connection, load.dictionary)};
  read_snapshot(load.connection, load.dictionary, load.request.project, read.snapshot);
  LoadConsumer consumer(load.dictionary, {load.request.project.str(), out.project.project_node, load.request.edge_rule},
                        read.snapshot, read.staging, load.hooks.on_bytes);
  simplify::StudyOptions study = options;
  study.project = load.request.project.str();
  study.check_ids = true;  // edges without an end would stop the database's commit
  study.references = simplify::References::relations;
  study.may_hold_records = true;
  read.study = simplify::read_study(study, consumer, load.report,
                                    [&](const fhir::IdIndex::Reference& reference) { read.dangling.add(reference); });
  out.tally = read.study.tally;
  out.without_node = consumer.without_node();
  out.without_edge = consumer.without_edge();
  out.unknown_properties = consumer.unknown_properties();
  out.left_out = read.study.left_out();
  out.deletions = read.study.deletions;
  simplify::require_resources(read.study, load.report, load.study_path);
  if (load.report.errors() > 0) {
    throw InputError(fmt::format("the study is not valid: {}; nothing was written", simplify::in_words(load.report)),
                     load.study_path, "correct the study; `aced-etl validate` lists all issues");
  }
  return read;
}

ReconciledStudy reconcile(const Load& load, ReadStudy&& read, LoadReport& out) {
  if (!read.study.deleted.empty()) {
    read.snapshot.remove([&](std::size_t type, std::string_view id) {
      const std::string target = fmt::format("{}/{}", load.dictionary.nodes()[type].title, id);
      return std::ranges::binary_search(read.study.deleted, fhir::IdIndex::key_of(target));
    });
  }
  Reconciliation reconciliation = reconcile(read.snapshot, load.dictionary, load.request, read.staging);
  out.deleted = reconciliation.deleted;
  StagedRows staged = std::move(read.staging).finish();
  return {std::move(read.study), std::move(staged), std::move(read.dangling), std::move(reconciliation)};
}

ResolvedStudy resolve(const Load& load, ReconciledStudy&& study, LoadReport& out) {
  load.begin("comparing");
  const bool repeated = load.report.count(fhir::IssueKind::repeated_resource) > 0;
  Comparison comparison(load.connection, load.dictionary, study.staged, repeated);
  std::vector<SharedNode> shared = comparison.shared(load.request.project);
  if (!shared.empty()) {
    if (!load.request.keep_shared) refuse_shared(shared, load.request.project, load.connection.where());
    // The edges of what stays another project's own do not count as this study's.
    comparison.drop(shared, study.staged);
  }
  if (study.dangling.any()) {
    out.dangling_skipped = study.dangling.resolve(study.staged, study.study.files, load.report);
  }
  if (out.dangling_skipped > 0 && !load.request.skip_dangling) {
    const std::uint64_t count = load.report.count(fhir::IssueKind::dangling);
    throw InputError(
        fmt::format("{} {} dangling; nothing was written", counted(count, "reference"), count == 1 ? "is" : "are"),
        load.study_path, "add the missing records, or leave these edges out with --dangling skip");
  }
  return {std::move(study.study), std::move(study.staged), comparison, std::move(study.reconciliation),
          std::move(shared)};
}

/// Writes what the study changes. When two records have the same unique value, the staged rows say which.
std::vector<TableChange> apply(const Load& load, ResolvedStudy&& study, IndexCleaner& cleaner) {
  Merge merge(load.connection, load.dictionary, study.staged, study.comparison, study.reconciliation, load.request,
              load.hooks, cleaner);
  const auto refuse_any = [&] {
    const auto found = merge.collisions(most_collisions_named + 1);
    if (!found.empty()) refuse_collisions(found, load.dictionary, study.study.files, load.connection.where());
  };
  std::vector<TableChange> tables;
  if (load.request.dry_run) {
    refuse_any();
    tables = merge.apply();
  } else {
    load.connection.exec("savepoint before_writing");
    try {
      tables = merge.apply();
      load.connection.exec("release savepoint before_writing");
    } catch (const UniqueViolation&) {
      load.connection.exec("rollback to savepoint before_writing");
      refuse_any();
      throw;  // another session has written the same value at this moment
    }
  }
  for (const SharedNode& node : study.shared) {
    const std::string& table = load.dictionary.by_label(node.label)->table;
    auto at = std::ranges::find(tables, table, &TableChange::table);
    if (at == tables.end()) at = tables.insert(tables.begin(), {.table = table});
    ++at->shared;
  }
  return tables;
}

}  // namespace

LoadReport load_study(Connection& connection, const dictionary::Dictionary& dictionary,
                      const simplify::StudyOptions& study, const LoadRequest& request, simplify::IssueReport& report,
                      const LoadHooks& hooks) {
  const Load load{connection, dictionary, request, report, hooks, study.path};
  LoadReport out;
  {
    // Made first and so ended last: it may need a pooler's connection that only the end of the transaction sets free.
    IndexCleaner cleaner(request.dry_run ? nullptr : hooks.second_session);
    Transaction transaction(connection);
    use_graph_schema(connection);
    require_tables(connection, dictionary);
    lock_project(connection, request.project);
    tune(connection);
    // Only looked for as yet: a program that is made holds other loads up until this one commits.
    out.project = ensure_project(connection, request.project, true);

    ResolvedStudy resolved = resolve(load, reconcile(load, read_into_staging(load, study, out), out), out);
    if (!request.dry_run) make_project(connection, request.project, out.project);
    out.tables = apply(load, std::move(resolved), cleaner);
    if (request.dry_run) {
      transaction.rollback();
      return out;
    }
    load.begin("committing");
    transaction.commit();
    load.begin("indexing");  // the cleaner ends with this block
  }
  return out;
}

}  // namespace etl::graph
