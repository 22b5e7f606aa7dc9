#pragma once

#include <nlohmann/json.hpp>

namespace etl::config {

/// The JSON schema (draft 2020-12) of etl.yaml, made of the tables of settings and of a study's keys: for editors, and
/// for what writes the file. It says of a single value what the program says; what several values say together (names
/// that come twice, codes without a program) only the program checks.
[[nodiscard]] nlohmann::ordered_json etl_yaml_schema();

}  // namespace etl::config
