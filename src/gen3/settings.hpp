#pragma once

#include "config/settings.hpp"
#include "gen3/session.hpp"

namespace etl::gen3 {

/// Is there a commons to talk to: an address, a token, or an API key that is mounted or named?
[[nodiscard]] bool has_commons(const config::Settings& settings);

/// The user and the commons, as the settings name them. UsageError for an API key that is named and cannot be read, and
/// when the key or token would go where it does not belong (see require_safe_endpoint).
[[nodiscard]] Session::Options session_options(const config::Settings& settings);

}  // namespace etl::gen3
