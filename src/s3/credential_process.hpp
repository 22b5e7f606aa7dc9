#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "s3/credential_source.hpp"
#include "s3/lent_key.hpp"

namespace etl::s3 {

/// Runs the program and reads the key that it prints (AWS CLI user guide, "Sourcing credentials with an external
/// process"). UsageError when it cannot be started, fails, takes more than a minute, or prints something else. What it
/// writes is never shown: it may be a secret.
[[nodiscard]] LentKey run(const CredentialProcess& process);

/// The words of a command as a POSIX shell splits them: blanks separate, quotes and backslashes protect; nothing is
/// expanded. UsageError with `where` for an open quote or no word at all.
[[nodiscard]] std::vector<std::string> split_command(std::string_view command, const std::string& where);

}  // namespace etl::s3
