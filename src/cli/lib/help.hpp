#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace etl::cli {

/// The contract with whoever starts us, as help and manual print it (docs/semantics.md explains it).
inline constexpr std::array<std::pair<ExitCode, std::string_view>, 10> kExitCodes{{
    {ExitCode::done, "all done, or nothing to do"},
    {ExitCode::internal, "internal error: please report it"},
    {ExitCode::usage, "usage or configuration"},
    {ExitCode::invalid_input, "input invalid; with --reject-file: done, some set aside"},
    {ExitCode::not_allowed, "not authenticated or not allowed"},
    {ExitCode::unavailable, "a service did not answer or went away; running again resumes"},
    {ExitCode::partial, "partly done: some items failed for good"},
    {ExitCode::refused, "a service refused for good"},
    {ExitCode::locked, "another run holds the project"},
    {ExitCode::exhausted, "disk full, quota, read-only file system or too many open files: make room, then run again"},
}};

/// Lays out `--help` as a manual page does: what, usage, text, arguments, options, commands, exit codes, examples.
class HelpFormatter : public CLI::FormatterBase {
 public:
  [[nodiscard]] std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

/// "aced-etl graph load [OPTIONS] PROJECT"
struct CommandDoc;
struct OptionDoc;
[[nodiscard]] std::string usage_line(const CommandDoc& command);
/// "-o, --output table|json|yaml"
[[nodiscard]] std::string option_line(const OptionDoc& option);

}  // namespace etl::cli
