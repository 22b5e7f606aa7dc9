#include "graph/schema/link_names.hpp"

#include <fmt/format.h>

#include <set>
#include <tuple>
#include <utility>

namespace etl::graph {
namespace {

std::string arrow(std::string_view src, std::string_view link, std::string_view dst) {
  return fmt::format("{} —{}→ {}", src, link, dst);
}

/// The link's name without what the arrow says anyway: `subject_Patient` -> `subject`.
std::string short_name(const dictionary::Edge& edge) {
  std::string_view name = edge.name;
  if (const std::string end = "_" + edge.dst_class; name.size() > end.size() && name.ends_with(end)) {
    name.remove_suffix(end.size());
  }
  if (const auto value = name.find("_value"); value != std::string_view::npos && value > 0)
    name = name.substr(0, value);
  return std::string(name);
}

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

LinkNames::LinkNames(const dictionary::Dictionary* dictionary) {
  if (dictionary == nullptr) return;
  for (const auto& node : dictionary->nodes()) names_[node.table] = node.label;
  // Two links may differ in what the short names leave out.
  std::set<std::tuple<std::string, std::string, std::string>> once;
  std::set<std::tuple<std::string, std::string, std::string>> twice;
  const auto key = [](const dictionary::Edge& edge) {
    return std::tuple(edge.src_label, short_name(edge), edge.dst_label);
  };
  for (const auto& edge : dictionary->edges()) {
    if (!once.insert(key(edge)).second) twice.insert(key(edge));
  }
  for (const auto& edge : dictionary->edges()) {
    const std::string name = twice.contains(key(edge)) ? edge.name : short_name(edge);
    names_[edge.table] = arrow(edge.src_label, name, edge.dst_label);
  }
}

std::string LinkNames::node(const std::string& table) const {
  const auto known = names_.find(table);
  return known != names_.end() ? known->second : std::string(without_prefix(table, "node_"));
}

std::string LinkNames::edge(const std::string& table, const std::string& src, const std::string& dst) const {
  if (const auto known = names_.find(table); known != names_.end()) return known->second;
  const std::string_view from = without_prefix(src, "node_");
  const std::string_view to = without_prefix(dst, "node_");
  // `edge_<src><label><dst>`, unless that was too long and the name is a hash.
  std::string_view label = without_prefix(table, "edge_");
  if (label.size() > from.size() + to.size() && label.starts_with(from) && label.ends_with(to)) {
    label = label.substr(from.size(), label.size() - from.size() - to.size());
  }
  return arrow(from, label, to);
}

std::map<std::string, std::string> hidden_by_peregrine(const dictionary::Dictionary& dictionary) {
  std::map<std::pair<std::string, std::string>, std::string> first;
  std::map<std::string, std::string> hidden;
  for (const auto& edge : dictionary.edges()) {
    const auto [shown, is_first] = first.emplace(std::pair(edge.src_label, edge.dst_label), edge.table);
    if (!is_first) hidden.emplace(edge.table, shown->second);
  }
  return hidden;
}

}  // namespace etl::graph
