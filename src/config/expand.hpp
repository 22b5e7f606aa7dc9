#pragma once

#include <string>
#include <string_view>

#include "config/settings.hpp"

namespace etl::config {

/// Replaces `${NAME}` and `${NAME:-default}` by the environment's value; `$${` stands for a literal `${`. UsageError
/// with `where` for a variable that is not set, for one that holds a secret (see names_secret and has_login), and for
/// `${` without `}`.
[[nodiscard]] std::string expand(std::string_view text, const Environment& environment, const std::string& where);

/// The value of a setting that is a secret. It must be `${NAME}` and nothing else: UsageError with `where` when it is
/// written out. `key` names the setting.
[[nodiscard]] std::string expand_secret(std::string_view key, std::string_view text, const Environment& environment,
                                        const std::string& where);

}  // namespace etl::config
