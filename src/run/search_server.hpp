#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "run/used_setting.hpp"

namespace etl::run {

/// Why a step that needs the search server has nothing to do; std::nullopt where one is configured.
[[nodiscard]] std::optional<std::string> no_search_server(const config::Settings& settings);

/// The search server's address, user or key, and prefix.
void add_search_server(std::vector<UsedSetting>& used, const config::Settings& settings);

}  // namespace etl::run
