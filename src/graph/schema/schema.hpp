#pragma once

#include <string>
#include <vector>

#include "dictionary/dictionary.hpp"
#include "graph/connection/connection.hpp"

namespace etl::graph {

/// A column as the catalog describes it.
struct ColumnPlan {
  std::string name;
  std::string type;  ///< as format_type() prints it: `timestamp with time zone`
  bool not_null = false;
  std::string fallback = {};  ///< default expression, or empty
  bool serial = false;        ///< the default is a sequence of its own, `<table>_<column>_seq`
};

/// A named constraint; `definition` as pg_get_constraintdef() prints it.
struct ConstraintPlan {
  std::string name;
  std::string definition;
};

/// `definition` is what follows ` USING ` in pg_get_indexdef().
struct IndexPlan {
  std::string name;
  std::string definition;
  bool unique = false;
};

struct TablePlan {
  std::string name;
  std::vector<ColumnPlan> columns;
  std::vector<ConstraintPlan> constraints;
  std::vector<IndexPlan> indexes;
  /// False for a table that sheepdog, peregrine and loads do without, and that many commons do not have.
  bool needed = true;

  [[nodiscard]] std::string create_table_sql() const;  ///< with its constraints and sequences
  [[nodiscard]] std::string create_index_sql(const IndexPlan& index) const;
};

/// Every table that Gen3's libraries would make for a dictionary, each after those that its foreign keys name:
/// nodes, edges, the libraries' own `node_node` and `edge_edge`, voided and versioned rows, transaction logs.
[[nodiscard]] std::vector<TablePlan> plan_schema(const dictionary::Dictionary& dictionary);

/// The plan as a script for psql, one transaction.
[[nodiscard]] std::string schema_sql(const std::vector<TablePlan>& plan);

/// What graph init found and did.
struct SchemaReport {
  std::string schema;         ///< in which the tables are, or were created
  std::string other_schemas;  ///< schemas_out_of_reach(), when tables are missing
  std::vector<std::string> tables_created, tables_present;
  std::vector<std::string> indexes_created, indexes_present;
};

/// Creates what is missing, in one transaction, one init at a time. Never drops or alters what exists: a table that
/// lacks a column or a constraint, or a name that something else holds, is a RefusedError that names all of them, and
/// nothing is created. `dry_run` only looks.
SchemaReport init_schema(Connection& connection, const std::vector<TablePlan>& plan, bool dry_run);

}  // namespace etl::graph
