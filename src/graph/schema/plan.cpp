#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "graph/schema/names.hpp"
#include "graph/schema/schema.hpp"

namespace etl::graph {
namespace {

constexpr auto now = "now()";
constexpr auto empty_object = "'{}'::jsonb";
constexpr auto timestamp = "timestamp with time zone";

std::vector<ColumnPlan> common_columns() {
  return {{"created", timestamp, true, now},
          {"acl", "text[]"},
          {"_sysan", "jsonb", false, empty_object},
          {"_props", "jsonb", false, empty_object}};
}

std::string property(const std::string& key) { return fmt::format("(_props ->> {}::text)", quote_text(key)); }
std::string lower_property(const std::string& key) { return fmt::format("lower({}) text_pattern_ops", property(key)); }

/// One index a key, one on its small letters, and one unique over the keys of a combined key. A key that holds `id`
/// needs none: node_id is the primary key.
void add_key_indexes(TablePlan& table, const dictionary::Node& node) {
  std::set<std::string> names;
  const auto add = [&](const std::string& description, const std::string& columns, bool unique) {
    const auto name = key_index_name(node.label, description);
    if (names.insert(name).second) table.indexes.push_back({name, fmt::format("btree ({})", columns), unique});
  };
  for (const auto& keys : node.unique_keys) {
    if (std::find(keys.begin(), keys.end(), "id") != keys.end()) continue;
    std::string joined;
    std::string columns;
    for (const auto& key : keys) {
      add(key, fmt::format("({}) text_pattern_ops", property(key)), keys.size() == 1);
      add(key + "_lower", lower_property(key), false);
      joined += key + "_";
      columns += (columns.empty() ? "" : ", ") + lower_property(key);
    }
    if (keys.size() > 1) add(joined + "uniq", columns, true);
  }
}

TablePlan node_table(const dictionary::Node& node) {
  TablePlan table;
  table.name = node.table;
  table.columns = common_columns();
  table.columns.push_back({"node_id", "text", true});
  table.constraints = {{node_key_name(node.label), "PRIMARY KEY (node_id)"}};
  table.indexes = {{node.table + "__props_idx", "gin (_props)"},
                   {node.table + "__sysan__props_idx", "gin (_sysan, _props)"},
                   {node.table + "__sysan_idx", "gin (_sysan)"},
                   {node.table + "_node_id_idx", "btree (node_id)"}};
  add_key_indexes(table, node);
  return table;
}

std::vector<IndexPlan> edge_indexes(const std::string& table) {
  return {{table + "_dst_id", "btree (dst_id)"},
          {table + "_dst_id_src_id_idx", "btree (src_id, dst_id)"},
          {table + "_src_id", "btree (src_id)"}};
}

TablePlan edge_table(const dictionary::Edge& edge) {
  const auto reference = [](const std::string& column, const std::string& to) {
    return "FOREIGN KEY (" + column + ") REFERENCES " + quote_name(to) +
           "(node_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED";
  };
  TablePlan table;
  table.name = edge.table;
  table.columns = common_columns();
  table.columns.push_back({"src_id", "text", true});
  table.columns.push_back({"dst_id", "text", true});
  table.constraints = {{edge.table + "_pkey", "PRIMARY KEY (src_id, dst_id)"},
                       {edge.table + "_src_id_fkey", reference("src_id", edge.src_table)},
                       {edge.table + "_dst_id_fkey", reference("dst_id", edge.dst_table)}};
  table.indexes = edge_indexes(edge.table);
  return table;
}

/// The libraries' base classes of nodes and edges leave tables of their own behind, always empty; the edges' one has
/// no keys.
void add_base_tables(std::vector<TablePlan>& plan) {
  dictionary::Node node;
  node.label = "node";
  node.table = dictionary::node_table(node.label);
  TablePlan edge;
  edge.name = "edge_edge";
  edge.columns = common_columns();
  edge.columns.push_back({"src_id", "text"});
  edge.columns.push_back({"dst_id", "text"});
  edge.indexes = edge_indexes(edge.name);
  for (auto& base : {node_table(node), edge}) {
    const auto same = [&](const TablePlan& table) { return table.name == base.name; };
    if (std::none_of(plan.begin(), plan.end(), same)) plan.push_back(base);
  }
}

ColumnPlan serial(const std::string& name, const std::string& type) { return {name, type, true, {}, true}; }

/// The tables that do not hang on the dictionary. Where two indexes on one column or an odd name stand (the index of
/// versions on node_id), the libraries have them so.
std::vector<TablePlan> fixed_tables() {
  const std::vector<ColumnPlan> voided = {
      {"created", timestamp, true, now}, {"voided", timestamp, true, now}, {"acl", "text[]"},
      {"system_annotations", "jsonb"},   {"properties", "jsonb"},          {"label", "text", true}};
  TablePlan nodes{"_voided_nodes",
                  {serial("key", "bigint"), {"node_id", "text", true}},
                  {{"_voided_nodes_pkey", "PRIMARY KEY (key)"}},
                  {}};
  nodes.columns.insert(nodes.columns.end(), voided.begin(), voided.end());
  TablePlan edges{"_voided_edges",
                  {serial("key", "bigint"), {"src_id", "text", true}, {"dst_id", "text", true}},
                  {{"_voided_edges_pkey", "PRIMARY KEY (key, src_id, dst_id, label)"}},
                  {}};
  edges.columns.insert(edges.columns.end(), voided.begin(), voided.end());

  TablePlan versions{
      "versioned_nodes",
      {serial("key", "bigint"),
       {"label", "text", true},
       {"node_id", "text", true},
       {"project_id", "text", true},
       {"gdc_versions", "text[]"},
       {"created", timestamp, true},
       {"versioned", timestamp, true, now},
       {"acl", "text[]"},
       {"system_annotations", "jsonb"},
       {"properties", "jsonb"},
       {"neighbors", "text[]"}},
      {{"versioned_nodes_pkey", "PRIMARY KEY (key)"}},
      {{"submitted_node_gdc_versions_idx", "btree (node_id)"}, {"submitted_node_id_idx", "btree (node_id)"}}};

  versions.needed = false;

  TablePlan logs{"transaction_logs",
                 {serial("id", "integer"),
                  {"submitter", "text"},
                  {"role", "text", true},
                  {"program", "text", true},
                  {"project", "text", true},
                  {"committed_by", "integer"},
                  {"is_dry_run", "boolean", true},
                  {"state", "text", true},
                  {"closed", "boolean", true},
                  {"created_datetime", timestamp, true, now},
                  {"canonical_json", "jsonb", true}},
                 {{"transaction_logs_pkey", "PRIMARY KEY (id)"}},
                 {}};
  for (const std::string column :
       {"closed", "committed_by", "created_datetime", "is_dry_run", "program", "project", "state", "submitter"}) {
    logs.indexes.push_back({"transaction_logs_" + column + "_idx", "btree (" + column + ")"});
  }
  logs.indexes.push_back({"transaction_logs_project_id_idx", "btree ((((program || '-'::text) || project)))"});

  const std::string to_log = "FOREIGN KEY (transaction_id) REFERENCES transaction_logs(id)";
  TablePlan documents{"transaction_documents",
                      {serial("id", "integer"),
                       {"transaction_id", "integer", true},
                       {"name", "text"},
                       {"doc_format", "text", true},
                       {"doc", "text", true},
                       {"response_json", "jsonb"}},
                      {{"transaction_documents_pkey", "PRIMARY KEY (id, transaction_id)"},
                       {"transaction_documents_transaction_id_fkey", to_log}},
                      {{"document_transaction_idx", "btree (transaction_id)"}}};
  TablePlan snapshots{
      "transaction_snapshots",
      {serial("id", "integer"),
       {"entity_id", "text", true},
       {"transaction_id", "integer"},
       {"action", "text", true},
       {"old_props", "jsonb", true},
       {"new_props", "jsonb", true}},
      {{"transaction_snapshots_pkey", "PRIMARY KEY (id)"}, {"transaction_snapshots_transaction_id_fkey", to_log}},
      {{"ix_transaction_snapshots_entity_id", "btree (entity_id)"},
       {"ix_transaction_snapshots_transaction_id", "btree (transaction_id)"},
       {"snapshot_transaction_idx", "btree (transaction_id)"}}};
  return {nodes, edges, versions, logs, documents, snapshots};
}

}  // namespace

std::vector<TablePlan> plan_schema(const dictionary::Dictionary& dictionary) {
  std::vector<TablePlan> plan;
  for (const auto& node : dictionary.nodes()) plan.push_back(node_table(node));
  for (const auto& edge : dictionary.edges()) plan.push_back(edge_table(edge));
  add_base_tables(plan);
  for (auto& table : fixed_tables()) plan.push_back(std::move(table));
  return plan;
}

std::string TablePlan::create_table_sql() const {
  std::string lines;
  const auto line = [&](const std::string& text) { lines += (lines.empty() ? "    " : ",\n    ") + text; };
  for (const auto& column : columns) {
    auto text = quote_name(column.name) + " ";
    if (column.serial) {
      text += column.type == "bigint" ? "bigserial" : "serial";
    } else {
      text += column.type;
      if (!column.fallback.empty()) text += " DEFAULT " + column.fallback;
    }
    line(text + (column.not_null ? " NOT NULL" : ""));
  }
  for (const auto& constraint : constraints)
    line("CONSTRAINT " + quote_name(constraint.name) + " " + constraint.definition);
  return "CREATE TABLE IF NOT EXISTS " + quote_name(name) + " (\n" + lines + "\n)";
}

std::string TablePlan::create_index_sql(const IndexPlan& index) const {
  return std::string("CREATE ") + (index.unique ? "UNIQUE " : "") + "INDEX IF NOT EXISTS " + quote_name(index.name) +
         " ON " + quote_name(name) + " USING " + index.definition;
}

std::string schema_sql(const std::vector<TablePlan>& plan) {
  std::string sql = "BEGIN;\n\n";
  for (const auto& table : plan) {
    sql += table.create_table_sql() + ";\n";
    for (const auto& index : table.indexes) sql += table.create_index_sql(index) + ";\n";
    sql += "\n";
  }
  return sql + "COMMIT;\n";
}

}  // namespace etl::graph
