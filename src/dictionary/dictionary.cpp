#include "dictionary/dictionary.hpp"

#include <fmt/format.h>

#include <set>

#include "base/error.hpp"
#include "base/fast_digest.hpp"
#include "dictionary/schema_reader.hpp"
#include "net/fetch.hpp"

namespace etl::dictionary {
namespace {

constexpr std::size_t longest_identifier = 63;  // PostgreSQL's NAMEDATALEN - 1

Node built_in_root() {
  Node root;
  root.label = "root";
  root.title = "Root";
  return root;
}

Node built_in_data_release() {
  Node release;
  release.label = "data_release";
  release.title = "Data Release";
  release.category = "internal";
  release.links = {{"roots", "data_releases", "describes", "root", "many_to_one", true}};
  release.unique_keys = {{"id"}};
  release.system_properties = {"id", "created_datetime", "updated_datetime"};
  return release;
}

bool has(const std::vector<Node>& nodes, std::string_view label) {
  for (const auto& node : nodes) {
    if (node.label == label) return true;
  }
  return false;
}

}  // namespace

Dictionary Dictionary::load(const std::string& url_or_file) {
  const auto refuse = [](const std::string& what, const InputError& error) {
    const std::string hint = "name the commons' dictionary with --dictionary or DICTIONARY_URL";
    return UsageError(what, error.where(), error.hint().empty() ? hint : error.hint());
  };
  std::string text;
  try {
    text = net::fetch(url_or_file);
  } catch (const InputError& error) {
    throw refuse(fmt::format("cannot read the dictionary: {}", error.what()), error);
  }
  try {
    return parse(text, net::without_query(url_or_file));
  } catch (const InputError& error) {
    throw refuse(error.what(), error);
  }
}

Dictionary Dictionary::parse(std::string_view json, const std::string& where) {
  auto content = std::make_shared<Content>();
  content->nodes = read_schemas(json, where);
  if (!has(content->nodes, "root")) content->nodes.insert(content->nodes.begin(), built_in_root());
  if (!has(content->nodes, "data_release")) content->nodes.insert(content->nodes.begin(), built_in_data_release());
  index(*content, where);
  FastDigest digest;
  digest.add(json);
  content->digest = digest.hex();
  return Dictionary(std::move(content));
}

void Dictionary::index(Content& content, const std::string& where) {
  std::set<std::string> tables;
  for (std::size_t i = 0; i < content.nodes.size(); ++i) {
    auto& node = content.nodes[i];
    node.class_name = class_name(node.label);
    node.table = node_table(node.label);
    if (!content.by_label.emplace(node.label, i).second) {
      throw InputError("two schemas of the dictionary have the id '" + node.label + "'", where,
                       "give every node its own id");
    }
    if (!tables.insert(node.table).second) {
      throw InputError("two nodes of the dictionary share the table " + node.table, where + " (" + node.label + ")",
                       "ids must differ by more than '_'");
    }
    content.by_title.emplace(node.title, i);
  }
  // A class name finds a node too, but never hides another node's title.
  for (std::size_t i = 0; i < content.nodes.size(); ++i) content.by_title.emplace(content.nodes[i].class_name, i);

  for (const auto& node : content.nodes) {
    for (const auto& link : node.links) {
      const auto target = content.by_label.find(link.target_type);
      const auto at = where + " (" + node.label + ", link " + link.name + ")";
      if (target == content.by_label.end()) {
        throw InputError("a link points to '" + link.target_type + "', which the dictionary does not have", at,
                         "add that node or remove the link");
      }
      const auto& dst = content.nodes[target->second];
      Edge edge;
      edge.label = without_blanks(link.label);
      edge.table = edge_table(node.label, edge.label, dst.label);
      edge.src_class = node.class_name;
      edge.dst_class = dst.class_name;
      edge.src_table = node.table;
      edge.dst_table = dst.table;
      edge.name = without_blanks(link.name);
      edge.backref = without_blanks(link.backref);
      edge.src_label = node.label;
      edge.dst_label = dst.label;
      if (!tables.insert(edge.table).second) {
        throw InputError("two links of the dictionary share the table " + edge.table, at,
                         "links between the same two nodes need different labels");
      }
      content.edges.push_back(std::move(edge));
    }
  }
  for (const auto& table : tables) {
    if (table.size() > longest_identifier) {
      throw InputError("the table name " + table + " is longer than PostgreSQL's 63 characters", where,
                       "shorten the node's id");
    }
  }
}

const Node* Dictionary::by_title(std::string_view title) const {
  const auto found = content_->by_title.find(title);
  return found == content_->by_title.end() ? nullptr : &content_->nodes[found->second];
}

const Node* Dictionary::by_label(std::string_view label) const {
  const auto found = content_->by_label.find(label);
  return found == content_->by_label.end() ? nullptr : &content_->nodes[found->second];
}

std::size_t Dictionary::number_of(std::string_view label) const {
  const auto found = content_->by_label.find(label);
  if (found == content_->by_label.end()) throw InternalError(fmt::format("the dictionary has no {}", label));
  return found->second;
}

}  // namespace etl::dictionary
