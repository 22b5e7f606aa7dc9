#include "simplify/config.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/error.hpp"
#include "base/file.hpp"

namespace etl::simplify {
namespace {

[[noreturn]] void refuse(const std::string& where, const YAML::Node& node, const std::string& what) {
  throw UsageError(what, fmt::format("{}:{}", where, node.Mark().line + 1),
                   "see share/simplify-config.yaml for the form of a simplify configuration");
}

/// The scalar that `node` must be; `what` it is.
std::string name(const YAML::Node& node, const std::string& where, const std::string& what) {
  if (!node.IsScalar()) refuse(where, node, what + " holds something that is not a name");
  return node.Scalar();
}

std::vector<std::string> strings(const YAML::Node& node, const std::string& where, const std::string& what) {
  std::vector<std::string> out;
  if (!node || node.IsNull()) return out;
  if (!node.IsSequence()) refuse(where, node, what + " is not a list");
  for (const auto& item : node) out.push_back(name(item, where, what));
  return out;
}

}  // namespace

Config Config::parse(const std::string& yaml, const std::string& where) {
  YAML::Node root;
  try {
    root = YAML::Load(yaml);
  } catch (const YAML::Exception& error) {
    throw UsageError("the simplify configuration is not YAML: " + error.msg,
                     fmt::format("{}:{}", where, error.mark.line + 1), "mend the file, or leave --config out");
  }
  Config out;
  if (root.IsNull()) return out;
  if (!root.IsMap()) refuse(where, root, "the simplify configuration is not a mapping");

  const auto section = [&](const char* key) {
    YAML::Node node = root[key];
    if (node && !node.IsNull() && !node.IsMap()) refuse(where, node, std::string(key) + " is not a mapping");
    return node;
  };
  out.dependency_order = strings(root["dependency_order"], where, "dependency_order");
  for (const auto& entry : section("nested_objects")) {
    const std::string type = name(entry.first, where, "nested_objects");
    out.nested_objects[type] = strings(entry.second, where, "nested_objects." + type);
  }
  for (const auto& entry : section("limit_links")) {
    const std::string type = name(entry.first, where, "limit_links");
    const auto names = strings(entry.second, where, "limit_links." + type);
    out.limit_links[type] = {names.begin(), names.end()};
  }
  for (const auto& ignored : strings(root["ignored_properties"], where, "ignored_properties")) {
    out.ignored_properties.insert(ignored);
  }
  for (const auto& entry : section("renamed_properties")) {
    if (!entry.second.IsScalar()) refuse(where, entry.second, "a renamed property needs one new name");
    out.renamed_properties[name(entry.first, where, "renamed_properties")] = entry.second.Scalar();
  }
  return out;
}

Config Config::load(const std::string& file) {
  if (file.empty()) return parse(std::string(built_in_config()), "the built-in simplify configuration");
  return parse(read_file(file), file);
}

}  // namespace etl::simplify
