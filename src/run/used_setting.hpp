#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace etl::run {

/// Something that a step worked with, so that an error shows at once which key, file or setting to correct.
struct UsedSetting {
  std::string what;   ///< "AWS profile"
  std::string value;  ///< "etlbot"; never a secret
  std::string from;   ///< "environment AWS_PROFILE", "etl.yaml:4"
};

/// Adds a setting as `config show` shows it; nothing where it is not set.
void add_setting(std::vector<UsedSetting>& used, const config::Settings& settings, std::string_view key,
                 const std::string& what);

/// The address of the commons, the API key or token, and the user whom it names.
void add_commons(std::vector<UsedSetting>& used, const config::Settings& settings);

/// The graph's server, database and user.
void add_database(std::vector<UsedSetting>& used, const config::Settings& settings);

/// "AWS profile etlbot (environment AWS_PROFILE), bucket aced-source (etl.yaml:3)"
[[nodiscard]] std::string in_words(const std::vector<UsedSetting>& used);

}  // namespace etl::run
