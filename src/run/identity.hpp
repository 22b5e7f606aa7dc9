#pragma once

#include <string>

#include "config/settings.hpp"

namespace etl::run {

/// What a run works with, said before it begins, so that a run against the wrong commons is seen at once. Without
/// secrets. A member is empty when it is not set, or cannot be known because its settings are wrong: the step that
/// needs them says why.
struct Identity {
  std::string commons;   ///< the address
  std::string database;  ///< DATABASE at HOST:PORT, as far as the settings say it
  std::string search;    ///< the address of the search server
  std::string etl_yaml;  ///< absolute path
  std::string version;
  std::string host;  ///< where this process runs: in Kubernetes the pod's name
};

[[nodiscard]] Identity identity_of(const config::Settings& settings);

/// "aced-etl 1.2.3 on POD: commons https://…, database meta at db:5432, /home/etl/etl.yaml"
[[nodiscard]] std::string in_words(const Identity& identity);

}  // namespace etl::run
