#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/settings.hpp"

/// The file of settings, etl.yaml: nested maps whose leaves are the keys of the table of settings.
///
///     dictionary: https://commons.example.org/dictionary.json
///     database:
///       host: ${DB_HOST}            # the environment; unset is an error
///       port: ${DB_PORT:-5432}      # or a default; $${ stands for a literal ${
namespace etl::config {

struct Entry {
  std::string key;
  std::string value;
  std::string origin;  ///< "etl.yaml:3"
};

/// Throws UsageError with file:line: no YAML, a key that is not known (with the nearest one that is) or comes
/// twice, a list or map where a value belongs, a variable that is not set. A key without a value is left out.
[[nodiscard]] std::vector<Entry> read_etl_yaml(const std::filesystem::path& file, const Environment& environment);

}  // namespace etl::config
