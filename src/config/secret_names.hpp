#pragma once

#include <string_view>

namespace etl::config {

/// Whether an environment variable of this name probably holds a secret: AWS_SECRET_ACCESS_KEY, PGPASSWORD,
/// ACCESS_TOKEN, GEN3_API_KEY, GITHUB_TOKEN, DB_PASS. AWS_PROFILE and the AWS regions are not secrets.
[[nodiscard]] bool names_secret(std::string_view variable);

/// Whether the text is an address with a user or password in it: scheme://user:password@host.
[[nodiscard]] bool has_login(std::string_view address);

}  // namespace etl::config
