#include "graph/reconcile/dangling.hpp"

#include <fmt/format.h>

#include "graph/connection/copy.hpp"
#include "graph/connection/sql_quote.hpp"
#include "simplify/study.hpp"

namespace etl::graph {
namespace {

constexpr std::size_t lookup_copy_size = std::size_t{1} << 20;

}  // namespace

void Dangling::add(const fhir::IdIndex::Reference& reference) {
  ++count_;
  const std::size_t slash = reference.target.find('/');
  const dictionary::Node* node = dictionary_->by_title(reference.target.substr(0, slash));
  if (node == nullptr) return;
  // A type's name and an id have no character that COPY's text format would take for its own.
  std::string id = reference.target.substr(slash + 1);
  for (const char c : {'\\', '\t', '\n', '\r'}) std::erase(id, c);
  const std::string path = simplify::element_path(reference.element);
  rows_ += fmt::format("{}\t{}\t{}\t{}\t{}\n", node->label, id, path, reference.where.file, reference.where.line);
  if (rows_.size() > lookup_copy_size) flush();
}

void Dangling::flush() {
  if (!made_) {
    connection_->exec(
        "create temporary table aced_etl_missing (label text, node_id text, path text, file int, line bigint) "
        "on commit drop; "
        "create temporary table aced_etl_nowhere (label text, node_id text) on commit drop");
    made_ = true;
  }
  CopyIn copy(*connection_, "copy pg_temp.aced_etl_missing from stdin");
  copy.write(rows_);
  copy.finish();
  rows_.clear();
}

std::int64_t Dangling::resolve(StagedRows& staged, const std::vector<std::string>& files,
                               simplify::IssueReport& report) {
  flush();
  std::int64_t edges = 0;
  for (std::size_t e = 0; e < dictionary_->edges().size(); ++e) {
    if (!staged.has(RowKind::edge, e)) continue;
    const auto& edge = dictionary_->edges()[e];
    const std::size_t dst = dictionary_->number_of(edge.dst_label);
    // In a dry run the project may not be there yet; the load makes it.
    if (edge.dst_label == "project") continue;
    std::string nowhere =
        fmt::format("not exists (select 1 from {} t where t.node_id = s.dst_id", quote_name(edge.dst_table));
    // What will be pruned is not there any more when the edge comes.
    if (staged.has(RowKind::pruned, dst)) {
      nowhere += fmt::format(" and not exists (select 1 from {} p where p.node_id = t.node_id)",
                             staged.source(RowKind::pruned, dst));
    }
    nowhere += ")";
    if (staged.has(RowKind::node, dst)) {
      nowhere += fmt::format(" and not exists (select 1 from {} n where n.node_id = s.dst_id)",
                             staged.source(RowKind::node, dst));
    }
    const Result gone = connection_->exec(
        fmt::format("with gone as (delete from {} s where s.number = {} and {} returning s.dst_id), kept as "
                    "(insert into pg_temp.aced_etl_nowhere select "
                    "distinct {}, dst_id from gone) select count(*) from gone",
                    staged.table(RowKind::edge, e), e, nowhere, quote_text(edge.dst_label)));
    staged.count_deleted(RowKind::edge, e, gone.integer(0, 0));
    edges += gone.integer(0, 0);
  }
  if (edges > 0) tell(files, report);
  return edges;
}

void Dangling::tell(const std::vector<std::string>& files, simplify::IssueReport& report) {
  const std::string from =
      "from pg_temp.aced_etl_missing m join (select distinct label, node_id from pg_temp.aced_etl_nowhere) n using "
      "(label, node_id)";
  const std::int64_t all = connection_->number("select count(*) " + from);
  const Result rows = connection_->exec(fmt::format(
      "select m.file, m.line, m.path, m.label, m.node_id {} order by 1, 2, 3 limit {}", from, simplify::most_listed));
  std::int64_t told = 0;
  for (int i = 0; i < rows.rows(); ++i) {
    const dictionary::Node* node = dictionary_->by_label(rows.text(i, 3));
    const std::string path(rows.text(i, 2));
    fhir::Issue issue;
    issue.kind = fhir::IssueKind::dangling;
    issue.file = files.at(static_cast<std::size_t>(rows.integer(i, 0)));
    issue.line = static_cast<std::uint64_t>(rows.integer(i, 1));
    issue.path = path;
    issue.message = fmt::format("{}/{} exists neither in the study nor in the graph", node->title, rows.text(i, 4));
    report.add(issue);
    ++told;
  }
  report.add_unlisted(fhir::IssueKind::dangling, static_cast<std::uint64_t>(all - told));
}

}  // namespace etl::graph
