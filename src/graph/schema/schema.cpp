#include "graph/schema/schema.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/error.hpp"
#include "base/log.hpp"
#include "graph/connection/sql_lock.hpp"
#include "graph/schema/graph_schema.hpp"

namespace etl::graph {
namespace {

struct ColumnFound {
  std::string type;
  bool not_null = false;
  bool has_default = false;
};

struct IndexFound {
  std::string table;
  std::string definition;
  bool unique = false;
  bool valid = true;
};

/// What the current schema holds.
struct Catalog {
  std::map<std::string, char> relations;  ///< name -> relkind
  std::map<std::string, std::map<std::string, ColumnFound>> columns;
  std::map<std::string, std::set<std::string>> constraints;  ///< table -> definitions
  std::map<std::string, IndexFound> indexes;
};

constexpr auto here = "(select oid from pg_namespace where nspname = current_schema())";

Catalog read_catalog(Connection& connection) {
  Catalog catalog;
  auto rows = connection.exec(fmt::format("select relname, relkind from pg_class where relnamespace = {}", here));
  for (int i = 0; i < rows.rows(); ++i) catalog.relations[std::string(rows.text(i, 0))] = rows.text(i, 1).front();

  rows = connection.exec(
      fmt::format("select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef or "
                  "a.attidentity <> '' "
                  "from pg_attribute a join pg_class c on c.oid = a.attrelid "
                  "where c.relnamespace = {} and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped",
                  here));
  for (int i = 0; i < rows.rows(); ++i) {
    catalog.columns[std::string(rows.text(i, 0))][std::string(rows.text(i, 1))] = {
        std::string(rows.text(i, 2)), rows.boolean(i, 3), rows.boolean(i, 4)};
  }
  rows = connection.exec(fmt::format(
      "select c.relname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid "
      "where c.relnamespace = {}",
      here));
  for (int i = 0; i < rows.rows(); ++i) catalog.constraints[std::string(rows.text(i, 0))].emplace(rows.text(i, 1));

  rows = connection.exec(fmt::format(
      "select i.relname, t.relname, pg_get_indexdef(i.oid), x.indisunique, x.indisvalid from pg_index x "
      "join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid where i.relnamespace = {}",
      here));
  for (int i = 0; i < rows.rows(); ++i) {
    const auto whole = rows.text(i, 2);
    const auto tail = whole.find(" USING ");
    catalog.indexes[std::string(rows.text(i, 0))] = {
        std::string(rows.text(i, 1)), std::string(tail == std::string_view::npos ? whole : whole.substr(tail + 7)),
        rows.boolean(i, 3), rows.boolean(i, 4)};
  }
  return catalog;
}

/// How an existing table falls short of its plan.
void compare_table(const TablePlan& table, const Catalog& catalog, std::vector<std::string>& problems) {
  const auto kind = catalog.relations.at(table.name);
  if (kind != 'r' && kind != 'p') {
    problems.push_back(fmt::format("{} is not a table", table.name));
    return;
  }
  const auto columns = catalog.columns.find(table.name);
  for (const auto& planned : table.columns) {
    const auto name = table.name + "." + planned.name;
    const ColumnFound* found = nullptr;
    if (columns != catalog.columns.end()) {
      const auto at = columns->second.find(planned.name);
      if (at != columns->second.end()) found = &at->second;
    }
    if (found == nullptr) {
      problems.push_back(fmt::format("{} is missing", name));
      continue;
    }
    if (found->type != planned.type)
      problems.push_back(fmt::format("{} is {}, not {}", name, found->type, planned.type));
    if (planned.not_null && !found->not_null) problems.push_back(fmt::format("{} lacks NOT NULL", name));
    if ((planned.serial || !planned.fallback.empty()) && !found->has_default) {
      problems.push_back(fmt::format("{} lacks its default", name));
    }
  }
  const auto constraints = catalog.constraints.find(table.name);
  for (const auto& planned : table.constraints) {
    // By definition, not by name: an older library named some keys otherwise.
    if (constraints == catalog.constraints.end() || !constraints->second.contains(planned.definition)) {
      problems.push_back(fmt::format("{} lacks {} ({})", table.name, planned.name, planned.definition));
    }
  }
}

void compare_index(const TablePlan& table, const IndexPlan& planned, const IndexFound& found,
                   std::vector<std::string>& problems) {
  if (found.table != table.name) {
    problems.push_back(fmt::format("the index {} is on {}, not on {}", planned.name, found.table, table.name));
  } else if (found.definition != planned.definition || found.unique != planned.unique) {
    problems.push_back(fmt::format("the index {} is {}{}, not {}{}", planned.name, found.unique ? "unique " : "",
                                   found.definition, planned.unique ? "unique " : "", planned.definition));
  } else if (!found.valid) {
    problems.push_back(fmt::format("the index {} is invalid", planned.name));
  }
}

[[noreturn]] void refuse(const std::vector<std::string>& problems, const std::string& where) {
  std::string what =
      fmt::format("the tables of the database do not match the dictionary, {}:",
                  problems.size() == 1 ? "1 difference" : fmt::format("{} differences", problems.size()));
  for (const auto& problem : problems) what += "\n  " + problem;
  throw RefusedError(what, where,
                     "correct them by hand, or name the dictionary that matches; nothing was created or altered");
}

}  // namespace

SchemaReport init_schema(Connection& connection, const std::vector<TablePlan>& plan, bool dry_run) {
  Transaction transaction(connection, dry_run ? "READ ONLY" : "");
  if (!dry_run) {
    // Two pods that start together both get what they want: the second waits and finds all present.
    connection.exec(fmt::format("select pg_advisory_xact_lock({})", lock_key_sql), {"aced-etl:schema"});
  }
  SchemaReport report;
  report.schema = use_graph_schema(connection);
  const auto catalog = read_catalog(connection);
  std::vector<std::string> statements;
  std::vector<std::string> problems;
  for (const auto& table : plan) {
    const bool present = catalog.relations.contains(table.name);
    if (present) {
      report.tables_present.push_back(table.name);
      compare_table(table, catalog, problems);
    } else {
      report.tables_created.push_back(table.name);
      statements.push_back(table.create_table_sql());
    }
    for (const auto& index : table.indexes) {
      const auto found = catalog.indexes.find(index.name);
      if (found != catalog.indexes.end()) {
        report.indexes_present.push_back(index.name);
        compare_index(table, index, found->second, problems);
      } else if (catalog.relations.contains(index.name)) {
        problems.push_back(fmt::format("{} exists and is not an index", index.name));
      } else {
        report.indexes_created.push_back(index.name);
        statements.push_back(table.create_index_sql(index));
      }
    }
  }
  if (!problems.empty()) refuse(problems, connection.where());
  if (!report.tables_created.empty()) report.other_schemas = schemas_out_of_reach(connection);
  if (dry_run) return report;
  for (const auto& statement : statements) {
    log::debug("{}", statement);
    connection.exec(statement);
  }
  transaction.commit();
  return report;
}

}  // namespace etl::graph
