#pragma once

#include <CLI/CLI.hpp>
#include <exception>

#include "base/error.hpp"
#include "cli/lib/context.hpp"

namespace etl::cli {

/// How results are printed, for errors: with JSON and YAML an error is a document on stdout, too, unless the command
/// has written one already. Set before anything can fail.
void set_error_output(Output output) noexcept;

/// Shows what ended the program, on stderr: `error: what`, `  at: where`, `  do: hint`; in json the members
/// msg, at, do, exit. With -o json or yaml also on stdout, as {"error", "at", "do", "exit"}. Returns the exit code.
ExitCode report(const std::exception& error);

/// The same for a command line that does not parse, with the nearest command or option that there is.
/// A command that is not finished ("aced-etl graph") gets its help on stderr.
ExitCode report_usage(const CLI::App& app, const CLI::ParseError& error);

}  // namespace etl::cli
