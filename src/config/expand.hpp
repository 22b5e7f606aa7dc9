#pragma once

#include <string>
#include <string_view>

#include "config/settings.hpp"

namespace etl::config {

/// `${NAME}` and `${NAME:-default}` of the environment; `$${` is a literal `${`. UsageError with `where` for a
/// variable that is not set, and for `${` without `}`.
[[nodiscard]] std::string expand(std::string_view text, const Environment& environment, const std::string& where);

}  // namespace etl::config
