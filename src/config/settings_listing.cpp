#include "config/settings_listing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/etl_yaml.hpp"
#include "config/yaml_text.hpp"

namespace etl::config {
namespace {

std::string_view group_of(const Key& key) { return key.name.substr(0, key.name.rfind('.') + 1); }

/// As it stands in the file; empty where there is none or where it depends.
std::string default_of(const Key& key) {
  if (key.fallback.empty() || key.fallback == "<cores>") return {};
  constexpr std::string_view creds = "<creds>";
  std::string text(key.fallback);
  if (text.starts_with(creds)) text.replace(0, creds.size(), find_key("creds")->fallback);
  const bool scalar =
      key.type == "N" || key.type == "MIB" || key.type == "BYTES" || key.type == "YES|NO" || !choices(key.type).empty();
  return scalar ? text : yaml_scalar(text);
}

std::string line_of(const Key& key) {
  const std::string_view group = group_of(key);
  const std::string_view indent = group.empty() ? "#" : "#  ";
  const std::string_view name = key.name.substr(group.size());
  if (key.secret) return fmt::format("{}# {}: from the environment, {}, or mounted\n", indent, name, key.environment);
  const std::string value = default_of(key);
  const std::string line = fmt::format("{}{}:{}{}", indent, name, value.empty() ? "" : " ", value);
  return fmt::format("{:<37}  # {}{}\n", line, key.help, key.fallback == "<cores>" ? "; default: all" : "");
}

}  // namespace

std::string commented_settings(const std::vector<std::string_view>& but) {
  std::vector<std::string_view> groups{""};  // what is in none comes first
  for (const Key& key : known_keys()) {
    if (std::ranges::find(groups, group_of(key)) == groups.end()) groups.push_back(group_of(key));
  }
  std::string out;
  for (const std::string_view group : groups) {
    if (!group.empty()) out += fmt::format("#{}:\n", group.substr(0, group.size() - 1));
    for (const Key& key : known_keys()) {
      if (key.name == kItself || group_of(key) != group || std::ranges::find(but, key.name) != but.end()) continue;
      out += line_of(key);
    }
  }
  return out;
}

}  // namespace etl::config
