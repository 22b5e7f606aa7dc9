#include "cli/graph_tables.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/log.hpp"
#include "cli/print.hpp"
#include "dictionary/dictionary.hpp"
#include "graph/link_names.hpp"

namespace etl::cli {
namespace {

using Numbers = std::vector<std::int64_t>;

struct Line {
  std::string name;
  std::string table;
  bool edge;
  Numbers numbers;
};

/// Names by the dictionary where one is set and can be read; else made of the tables' names.
graph::LinkNames link_names(const Context& context) {
  const auto where = context.settings.get("dictionary");
  if (!where) return graph::LinkNames(nullptr);
  try {
    const auto dictionary = dictionary::Dictionary::load(where->text);
    return graph::LinkNames(&dictionary);
  } catch (const StoppedError&) {
    throw;
  } catch (const Error& error) {
    log::warn("links are named after their tables, because the dictionary cannot be read: {}", error.what());
    return graph::LinkNames(nullptr);
  }
}

std::string name_of(const graph::LinkNames& names, const std::string& table, bool edge, const std::string& src,
                    const std::string& dst) {
  return edge ? names.edge(table, src, dst) : names.node(table);
}

void print_lines(const Context& context, const std::vector<Line>& lines, const std::vector<std::string>& columns) {
  const bool with_tables = log::enabled(log::Level::debug);
  std::vector<Column> head{"name"};
  if (with_tables) head.emplace_back("table");
  head.emplace_back("kind");
  for (const std::string& column : columns) head.push_back(number(column));
  Table table(std::move(head));
  const auto row = [&](const std::string& name, const std::string& of, const char* kind, const Numbers& numbers) {
    std::vector<std::string> cells{name};
    if (with_tables) cells.push_back(of);
    cells.emplace_back(kind);
    for (const std::int64_t value : numbers) cells.push_back(std::to_string(value));
    table.row(std::move(cells));
  };
  std::array<Numbers, 2> totals{Numbers(columns.size()), Numbers(columns.size())};
  for (const Line& line : lines) {
    row(line.name, line.table, line.edge ? "edge" : "node", line.numbers);
    for (std::size_t i = 0; i < columns.size(); ++i) totals.at(line.edge ? 1 : 0)[i] += line.numbers[i];
  }
  if (!lines.empty()) {
    row("all nodes", "", "total", totals[0]);
    row("all edges", "", "total", totals[1]);
  }
  table.print(context);
}

nlohmann::ordered_json json_of(const Line& line, const std::vector<std::string>& columns) {
  nlohmann::ordered_json row{{"table", line.table}, {"kind", line.edge ? "edge" : "node"}, {"name", line.name}};
  for (std::size_t i = 0; i < columns.size(); ++i) row[columns[i]] = line.numbers[i];
  return row;
}

}  // namespace

void print_counts(const Context& context, const std::vector<graph::TableCount>& counts) {
  const auto names = link_names(context);
  const std::vector<std::string> columns{"rows"};
  std::vector<Line> lines;
  for (const auto& count : counts) {
    lines.push_back(
        {name_of(names, count.table, count.edge, count.src, count.dst), count.table, count.edge, {count.rows}});
  }
  if (context.output == Output::table) return print_lines(context, lines, columns);
  auto rows = nlohmann::ordered_json::array();
  for (const Line& line : lines) rows.push_back(json_of(line, columns));
  print_result(context, rows);
}

void print_changes(const Context& context, const graph::LoadReport& report) {
  const auto names = link_names(context);
  const std::vector<std::string> columns{"inserted", "updated", "unchanged", "removed", "shared"};
  std::vector<Line> lines;
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
