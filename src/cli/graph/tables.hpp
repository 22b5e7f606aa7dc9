#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/lib/context.hpp"
#include "graph/counts.hpp"
#include "graph/load_report.hpp"
#include "graph/schema/link_names.hpp"

// Results of the graph's commands. A table for people names types and links, and has totals; with -v the tables' names
// too. JSON and YAML have the tables' names always, and no totals.

namespace etl::cli {

/// Names by the dictionary where one is set and its server answers; else made of the tables' names. UsageError for a
/// dictionary that is not there or is none: so call it before anything is changed.
[[nodiscard]] graph::LinkNames link_names(const Context& context);

/// `{name, table, kind, rows}` per table.
void print_counts(const Context& context, const graph::LinkNames& names, const std::vector<graph::TableCount>& counts);

/// `{name, table, kind, inserted, updated, unchanged, removed, shared}` per table. In JSON and YAML a node table whose
/// records have properties that the dictionary lacks has `unknown_properties`: property -> number of records.
void print_changes(const Context& context, const graph::LinkNames& names, const graph::LoadReport& report);

}  // namespace etl::cli
