#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace etl::simplify {

/// What the consortium's simplify configuration says (YAML; the keys that matter to records, others are passed over).
struct Config {
  std::vector<std::string> dependency_order;                       ///< FHIR types, parents first
  std::map<std::string, std::vector<std::string>> nested_objects;  ///< type -> paths to pluck, as a.b.c
  std::map<std::string, std::set<std::string>> limit_links;        ///< type -> the only types it links to
  std::set<std::string, std::less<>> ignored_properties;
  std::map<std::string, std::string, std::less<>> renamed_properties;
  std::string digest = {};  ///< of the text that load() has read

  /// Read YAML text; `where` names it in errors. UsageError with where:line when it is not such a configuration.
  [[nodiscard]] static Config parse(const std::string& yaml, const std::string& where);
  /// Read a file, or the configuration that is compiled in when the name is empty.
  [[nodiscard]] static Config load(const std::string& file);
};

/// The text of the configuration that is compiled in (share/simplify-config.yaml).
[[nodiscard]] std::string_view built_in_config() noexcept;

}  // namespace etl::simplify
