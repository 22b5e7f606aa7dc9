#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>

namespace etl::cli {

/// An option that takes a time: a whole number from 1 on and its unit, `90s`, `30m`, `6h` or `1d`.
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::seconds& value, const std::string& help);

}  // namespace etl::cli
