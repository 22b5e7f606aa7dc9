#include "cli/graph/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/lib/print.hpp"
#include "dictionary/dictionary.hpp"
#include "graph/schema/link_names.hpp"

namespace etl::cli {
namespace {

using Numbers = std::vector<std::int64_t>;

struct Line {
  std::string name;
  std::string table;
  bool edge;
  Numbers numbers;
};

std::string name_of(const graph::LinkNames& names, const std::string& table, bool edge, const std::string& src,
                    const std::string& dst) {
  return edge ? names.edge(table, src, dst) : names.node(table);
}

using Totals = std::array<Numbers, 2>;  // of nodes, of edges

Totals totals_of(const std::vector<Line>& lines, std::size_t columns) {
  Totals totals{Numbers(columns), Numbers(columns)};
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < columns; ++i) totals.at(line.edge ? 1 : 0)[i] += line.numbers[i];
  }
  return totals;
}

/// A row for every table, with its name: for -v.
void print_tables(const Context& context, const std::vector<Line>& lines, const std::vector<std::string>& columns) {
  std::vector<Column> head{"name", "table", "kind"};
  for (const std::string& column : columns) head.push_back(number(column));
  Table table(std::move(head));
  const auto row = [&](const std::string& name, const std::string& of, const char* kind, const Numbers& numbers) {
    std::vector<std::string> cells{name, of, kind};
    for (const std::int64_t value : numbers) cells.push_back(std::to_string(value));
    table.row(std::move(cells));
  };
  for (const Line& line : lines) row(line.name, line.table, line.edge ? "edge" : "node", line.numbers);
  if (!lines.empty()) {
    const Totals totals = totals_of(lines, columns.size());
    row("all nodes", "", "total", totals[0]);
    row("all edges", "", "total", totals[1]);
  }
  table.print(context);
}

/// What became of a link's edges, in the fewest characters: a single count, or `+inserted ~updated =unchanged
/// -removed`.
std::string edge_numbers(const Numbers& numbers) {
  if (numbers.size() == 1) return human_count(static_cast<std::uint64_t>(numbers.front()));
  constexpr std::array signs{"+", "~", "=", "-"};  // in the order of the columns of a load
  std::string text;
  for (std::size_t i = 0; i < std::min(signs.size(), numbers.size()); ++i) {
    if (numbers[i] == 0) continue;
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", signs.at(i),
                        human_count(static_cast<std::uint64_t>(numbers[i])));
  }
  return text.empty() ? "0" : text;
}

/// A row for every type, with the links that begin at it in one cell: a whole study on one screen.
void print_types(const Context& context, const std::vector<Line>& lines, const std::vector<std::string>& columns) {
  struct Type {
    Numbers numbers;
    std::string links;
  };
  std::vector<std::string> order;
  std::map<std::string, Type> types;
  const auto type_of = [&](const std::string& name) -> Type& {
    const auto [at, is_new] = types.try_emplace(name, Type{Numbers(columns.size()), {}});
    if (is_new) order.push_back(name);
    return at->second;
  };
  constexpr std::string_view before_label = " —";
  for (const Line& line : lines) {
    if (!line.edge) {
      type_of(line.name).numbers = line.numbers;
      continue;
    }
    const std::size_t at = line.name.find(before_label);
    const bool whole = at != std::string::npos;
    std::string link = whole ? line.name.substr(at + before_label.size()) : line.name;
    std::erase(link, ' ');  // "subject→ patient"
    Type& type = type_of(whole ? line.name.substr(0, at) : line.name);
    type.links += fmt::format("{}{} {}", type.links.empty() ? "" : ", ", link, edge_numbers(line.numbers));
  }
  std::vector<Column> head{"name"};
  for (const std::string& column : columns) head.push_back(number(column));
  head.emplace_back("links");
  Table table(std::move(head));
  const auto row = [&](const std::string& name, const Numbers& numbers, const std::string& links) {
    std::vector<std::string> cells{name};
    for (const std::int64_t value : numbers) cells.push_back(std::to_string(value));
    cells.push_back(links);
    table.row(std::move(cells));
  };
  for (const std::string& name : order) row(name, types.at(name).numbers, types.at(name).links);
  if (!lines.empty()) {
    const Totals totals = totals_of(lines, columns.size());
    row("all nodes", totals[0], "");
    row("all edges", totals[1], "");
  }
  table.print(context);
}

void print_lines(const Context& context, const std::vector<Line>& lines, const std::vector<std::string>& columns) {
  if (log::enabled(log::Level::debug)) {
    print_tables(context, lines, columns);
  } else {
    print_types(context, lines, columns);
  }
}

nlohmann::ordered_json json_of(const Line& line, const std::vector<std::string>& columns) {
  nlohmann::ordered_json row{{"table", line.table}, {"kind", line.edge ? "edge" : "node"}, {"name", line.name}};
  for (std::size_t i = 0; i < columns.size(); ++i) row[columns[i]] = line.numbers[i];
  return row;
}

}  // namespace

graph::LinkNames link_names(const Context& context) {
  const auto where = context.settings.get("dictionary");
  if (!where) return graph::LinkNames(nullptr);
  try {
    const auto dictionary = dictionary::Dictionary::load(where->text);
    return graph::LinkNames(&dictionary);
  } catch (const StoppedError&) {
    throw;
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    log::warn("links are named after their tables, because the dictionary cannot be read: {}", error.what());
    return graph::LinkNames(nullptr);
  }
}

void print_counts(const Context& context, const graph::LinkNames& names, const std::vector<graph::TableCount>& counts) {
  const std::vector<std::string> columns{"rows"};
  std::vector<Line> lines;
  lines.reserve(counts.size());
  for (const auto& count : counts) {
    lines.push_back(
        {name_of(names, count.table, count.edge, count.src, count.dst), count.table, count.edge, {count.rows}});
  }
  if (context.output == Output::table) return print_lines(context, lines, columns);
  auto rows = nlohmann::ordered_json::array();
  for (const Line& line : lines) rows.push_back(json_of(line, columns));
  print_result(context, rows);
}

void print_changes(const Context& context, const graph::LinkNames& names, const graph::LoadReport& report) {
  const std::vector<std::string> columns{"inserted", "updated", "unchanged", "removed", "shared"};
  std::vector<Line> lines;
  lines.reserve(report.tables.size());
  for (const auto& change : report.tables) {
    lines.push_back({name_of(names, change.table, change.edge, change.src, change.dst),
                     change.table,
                     change.edge,
                     {change.inserted, change.updated, change.unchanged, change.removed, change.shared}});
  }
  if (context.output == Output::table) return print_lines(context, lines, columns);
  auto rows = nlohmann::ordered_json::array();
  for (const Line& line : lines) {
    auto row = json_of(line, columns);
    if (const auto unknown = report.unknown_properties.find(line.name);
        !line.edge && unknown != report.unknown_properties.end()) {
      row["unknown_properties"] = unknown->second;
    }
    rows.push_back(std::move(row));
  }
  print_result(context, rows);
}

}  // namespace etl::cli
