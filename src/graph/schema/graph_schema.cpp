#include "graph/schema/graph_schema.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace etl::graph {
namespace {

/// Of the schema n: it has a table that can only be a graph's.
constexpr auto has_nodes =
    "exists (select from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p') and c.relname like "
    "'node\\_%' and 2 = (select count(*) from pg_attribute a where a.attrelid = c.oid and a.attname in ('node_id', "
    "'_props') and not a.attisdropped))";

}  // namespace

std::string use_graph_schema(Connection& connection) {
  const auto schema = connection.value(fmt::format(
      "select coalesce((select n.nspname from unnest(current_schemas(false)) with ordinality s (name, place) "
      "join pg_namespace n on n.nspname = s.name where {} order by s.place limit 1), current_schema())",
      has_nodes));
  if (!schema) {
    throw RefusedError("the session has no schema to look for tables in, or to create them in", connection.where(),
                       "check the user's search_path, and its right to use the schema public");
  }
  connection.exec("set local search_path = " + quote_any_name(*schema));
  return *schema;
}

std::string schemas_out_of_reach(Connection& connection) {
  const auto others = connection.value(
      fmt::format("select string_agg(n.nspname || case when has_schema_privilege(n.oid, 'USAGE') then '' else ' (which "
                  "the user may not use)' end, ', ' order by n.nspname) from pg_namespace n where n.nspname <> "
                  "current_schema() and n.nspname !~ '^pg_' and {}",
                  has_nodes));
  if (!others) return {};
  return fmt::format("; the graph's schema by search_path is {}, but there are such tables in {}",
                     connection.value("select current_schema()").value_or("none"), *others);
}

}  // namespace etl::graph
