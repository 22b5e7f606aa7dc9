#pragma once

#include <CLI/CLI.hpp>

#include "cli/lib/context.hpp"
#include "simplify/study_setup.hpp"

namespace etl::cli {

using simplify::StudyArguments;
using simplify::StudySetup;

/// The argument PATH and the options that go with it: --dictionary, --config, --glob, --threads, --temp-dir, …
void add_study_arguments(CLI::App& app, Context& context, StudyArguments& arguments);
/// --transform-ids, --no-validate
void add_record_arguments(CLI::App& app, Context& context, StudyArguments& arguments);

}  // namespace etl::cli
