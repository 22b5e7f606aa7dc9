#pragma once

#include <CLI/CLI.hpp>

#include "cli/lib/context.hpp"
#include "simplify/study_setup.hpp"

namespace etl::cli {

using simplify::StudyArguments;
using simplify::StudySetup;

/// The argument PATH and the options that go with it: --dictionary, --config, --glob, --threads, --temp-dir, …
void add_study_arguments(CLI::App& app, Context& context, StudyArguments& arguments);
/// The argument PATH and the options that say how its metadata is read, for commands that take resources as they are:
/// --glob, --exclude, --duplicates, --max-resource, --temp-dir.
void add_metadata_arguments(CLI::App& app, Context& context, std::string& path, std::string& glob);
/// --transform-ids, --no-validate
void add_record_arguments(CLI::App& app, Context& context, StudyArguments& arguments);

}  // namespace etl::cli
