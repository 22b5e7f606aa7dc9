#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "config/study_list.hpp"

/// The file of settings, etl.yaml: nested maps whose leaves are the keys of the table of settings, and the list of
/// studies (config/study_list.hpp).
///
///     dictionary: https://commons.example.org/dictionary.json
///     database:
///       host: ${DB_HOST}            # the environment; unset is an error
///       port: ${DB_PORT:-5432}      # or a default; $${ stands for a literal ${
///     studies:
///       - name: Lung_Cancer
namespace etl::config {

/// The one setting that the file does not hold: where it is.
inline constexpr std::string_view kItself = "etl_yaml";

struct Entry {
  std::string key;
  std::string value;
  std::string origin;  ///< "etl.yaml:3"
};

struct EtlYaml {
  std::vector<Entry> entries;
  std::vector<RawStudyEntry> studies;
};

/// Throws UsageError with file:line: no YAML, a key that is not known (with the nearest one that is) or comes
/// twice, a list or map where a value belongs and the other way round, a study without a name, a variable that is not
/// set. A key without a value is left out.
[[nodiscard]] EtlYaml read_etl_yaml(const std::filesystem::path& file, const Environment& environment);

}  // namespace etl::config
