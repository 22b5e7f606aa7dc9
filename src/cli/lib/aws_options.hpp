#pragma once

#include <CLI/CLI.hpp>

#include "s3/profile.hpp"

namespace etl::cli {

/// --profile, --region, --endpoint-url, named and meant as the AWS CLI's. `choice` outlives the parse.
void add_aws_options(CLI::App& app, s3::ProfileChoice& choice);

}  // namespace etl::cli
