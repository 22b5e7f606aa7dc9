#include "simplify/config.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/fast_digest.hpp"
#include "base/file.hpp"
#include "config/yaml_document.hpp"

namespace etl::simplify {
namespace {

using config::YamlDocument;
using config::YamlNode;

[[noreturn]] void refuse(const std::string& where, const YamlNode& node, const std::string& what) {
  throw UsageError(what, fmt::format("{}:{}", where, node.line()),
                   "see share/simplify-config.yaml for the form of a simplify configuration");
}

/// The scalar that `node` must be; `what` it is.
std::string name(const YamlNode& node, const std::string& where, const std::string& what) {
  if (!node.is_scalar()) refuse(where, node, what + " contains something that is not a name");
  return node.text();
}

std::vector<std::string> strings(const YamlNode* node, const std::string& where, const std::string& what) {
  std::vector<std::string> out;
  if (node == nullptr || node->is_null()) return out;
  if (!node->is_sequence()) refuse(where, *node, what + " must be a list");
  for (const YamlNode* item : node->items()) out.push_back(name(*item, where, what));
  return out;
}

[[noreturn]] void refuse_unreadable(const InputError& error) {
  throw UsageError(fmt::format("cannot read the simplify configuration: {}", error.what()), error.where(),
                   "correct the file or its name (--config, simplify_config in etl.yaml), or leave it out");
}

YamlDocument read_yaml(const std::string& yaml, const std::string& where) {
  try {
    return YamlDocument::parse(yaml, where);
  } catch (const InputError& error) {
    refuse_unreadable(error);
  }
}

std::string read_configuration(const std::string& file) {
  try {
    return read_file(file);
  } catch (const InputError& error) {
    refuse_unreadable(error);
  }
}

}  // namespace

Config Config::parse(const std::string& yaml, const std::string& where) {
  const YamlDocument document = read_yaml(yaml, where);
  const YamlNode& root = document.root();
  Config out;
  if (root.is_null()) return out;
  if (!root.is_map()) refuse(where, root, "the simplify configuration must be a map");

  const auto section = [&](const char* key) -> const std::vector<YamlNode::Member>& {
    static const std::vector<YamlNode::Member> none;
    const YamlNode* node = root.find(key);
    if (node == nullptr || node->is_null()) return none;
    if (!node->is_map()) refuse(where, *node, std::string(key) + " must be a map");
    return node->members();
  };
  out.dependency_order = strings(root.find("dependency_order"), where, "dependency_order");
  for (const auto& [key, value] : section("nested_objects")) {
    const std::string type = name(*key, where, "nested_objects");
    out.nested_objects[type] = strings(value, where, "nested_objects." + type);
  }
  for (const auto& [key, value] : section("limit_links")) {
    const std::string type = name(*key, where, "limit_links");
    const auto names = strings(value, where, "limit_links." + type);
    out.limit_links[type] = {names.begin(), names.end()};
  }
  for (const auto& ignored : strings(root.find("ignored_properties"), where, "ignored_properties")) {
    out.ignored_properties.insert(ignored);
  }
  for (const auto& [key, value] : section("renamed_properties")) {
    if (!value->is_scalar()) refuse(where, *value, "a renamed property needs exactly one new name");
    out.renamed_properties[name(*key, where, "renamed_properties")] = value->text();
  }
  return out;
}

Config Config::load(const std::string& file) {
  const std::string text = file.empty() ? std::string(built_in_config()) : read_configuration(file);
  Config config = parse(text, file.empty() ? "the built-in simplify configuration" : file);
  FastDigest digest;
  digest.add(text);
  config.digest = digest.hex();
  return config;
}

}  // namespace etl::simplify
