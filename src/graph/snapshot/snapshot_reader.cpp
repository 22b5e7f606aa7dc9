#include "graph/snapshot/snapshot_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "graph/connection/copy.hpp"
#include "graph/connection/copy_rows.hpp"
#include "graph/connection/sql_quote.hpp"
#include "graph/staging/project_id_member.hpp"

namespace etl::graph {
namespace {

/// Two ids of 36 letters and what PostgreSQL keeps with a row.
constexpr std::int64_t bytes_of_an_edge = 150;
/// A table of so few edges is read whole: to look for the project's would take longer.
constexpr std::int64_t few_edges = 4000;
/// As is one of which the project may well have a quarter.
constexpr std::int64_t worth_reading = 4;

/// The queries' rows, of three columns each, the first a number.
template <class Take>
void each_row(Connection& connection, const std::vector<std::string>& queries, const Take& take) {
  if (queries.empty()) return;
  CopyOut copy(connection, fmt::format("copy ({}) to stdout (format binary)", fmt::join(queries, " union all ")));
  std::string_view rows;
  for (bool first = true; copy.read(rows); first = false) {
    if (first) rows.remove_prefix(std::min(copy_header.size(), rows.size()));
    while (!rows.empty() && !rows.starts_with(copy_trailer)) {
      if (take_int(rows, 2) != 3) throw InternalError("the database's answer to COPY has other columns than requested");
      std::string_view number = take_value(rows);
      const std::string_view second = take_value(rows);
      take(take_int(number, 4), second, take_value(rows));
    }
  }
}

class Reader {
 public:
  Reader(Connection& connection, const dictionary::Dictionary& dictionary, const ProjectId& project,
         GraphSnapshot& snapshot)
      : connection_(connection),
        dictionary_(dictionary),
        of_project_(fmt::format("_props @> {}::jsonb", quote_text("{" + project_id_member(project.str()) + "}"))),
        snapshot_(snapshot),
        records_(dictionary.nodes().size()) {}

  void records() {
    std::vector<std::string> queries;
    for (std::size_t n = 0; n < records_.size(); ++n) {
      const auto& node = dictionary_.nodes()[n];
      if (node.label == "project" || node.label == "program") continue;  // the commons' own
      queries.push_back(fmt::format("select {}, node_id, {} from {} where {}", n, JsonbDigest::sql("_props"),
                                    quote_name(node.table), of_project_));
    }
    // A digest takes a hundred times what the planner thinks: it is worth a worker sooner.
    connection_.exec(
        "set local parallel_tuple_cost = 0.001; set local parallel_setup_cost = 200; "
        "set local min_parallel_table_scan_size = '1MB'");
    each_row(connection_, queries, [&](std::size_t type, std::string_view id, std::string_view bytes) {
      JsonbDigest::Value digest{};
      std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
      snapshot_.add_record(type, id, digest);
      ++records_.at(type);
    });
    connection_.exec(
        "set local parallel_tuple_cost to default; set local parallel_setup_cost to default; "
        "set local min_parallel_table_scan_size to default");
  }

  void edges() {
    const std::vector<std::int64_t> about = edges_about();
    std::vector<std::string> whole;
    std::vector<std::vector<std::string>> by_source(records_.size());
    for (std::size_t e = 0; e < about.size(); ++e) {
      const auto& edge = dictionary_.edges()[e];
      const std::size_t src = dictionary_.number_of(edge.src_label);
      if (records_[src] == 0 || about[e] == 0) continue;
      const std::string all = fmt::format("select {}, src_id, dst_id from {}", e, quote_name(edge.table));
      if (about[e] <= few_edges + worth_reading * records_[src]) {
        whole.push_back(all);
      } else {
        by_source[src].push_back(all + " where src_id in (select node_id from held)");
      }
    }
    read_edges(whole);
    for (std::size_t src = 0; src < by_source.size(); ++src) {
      if (by_source[src].empty()) continue;
      by_source[src].front().insert(0, fmt::format("with held as (select node_id from {} where {}) ",
                                                   quote_name(dictionary_.nodes()[src].table), of_project_));
      read_edges(by_source[src]);
    }
  }

 private:
  void read_edges(const std::vector<std::string>& queries) {
    each_row(connection_, queries, [&](std::size_t table, std::string_view src, std::string_view dst) {
      const auto& edge = dictionary_.edges().at(table);
      if (table != last_table_) {
        last_table_ = table;
        src_type_ = dictionary_.number_of(edge.src_label);
        dst_type_ = dictionary_.number_of(edge.dst_label);
      }
      snapshot_.add_edge(table, src_type_, src, dst_type_, dst);
    });
  }

  /// Per edge table: about how many edges it holds, by its size; 0 only when it is empty.
  std::vector<std::int64_t> edges_about() {
    std::vector<std::string> names;
    for (const auto& edge : dictionary_.edges()) names.push_back(edge.table);
    const Result sizes = connection_.exec(
        "select t.number - 1, pg_relation_size(c.oid) from unnest($1::text[]) with ordinality t (name, number) "
        "join pg_class c on c.relname = t.name and c.relnamespace = quote_ident(current_schema())::regnamespace",
        {text_array(names)});
    std::vector<std::int64_t> out(names.size());
    for (int i = 0; i < sizes.rows(); ++i) {
      const std::int64_t bytes = sizes.integer(i, 1);
      out[static_cast<std::size_t>(sizes.integer(i, 0))] = (bytes + bytes_of_an_edge - 1) / bytes_of_an_edge;
    }
    return out;
  }

  Connection& connection_;
  const dictionary::Dictionary& dictionary_;
  std::string of_project_;  ///< a condition
  GraphSnapshot& snapshot_;
  std::vector<std::int64_t> records_;  ///< per type: how many the project has
  std::size_t last_table_ = SIZE_MAX;
  std::size_t src_type_ = 0;
  std::size_t dst_type_ = 0;
};

}  // namespace

void read_snapshot(Connection& connection, const dictionary::Dictionary& dictionary, const ProjectId& project,
                   GraphSnapshot& snapshot) {
  Reader reader(connection, dictionary, project, snapshot);
  reader.records();
  reader.edges();
}

}  // namespace etl::graph
