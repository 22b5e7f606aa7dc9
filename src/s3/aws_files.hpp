#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "s3/ini_file.hpp"

namespace etl::s3 {

/// A value and where it came from, for people.
struct ValueWithOrigin {
  std::string text;
  std::string origin;
};

/// A variable that is set and not empty: a chart writes an empty one for a value that nobody gave.
[[nodiscard]] std::optional<std::string> variable(const config::Environment& environment, std::string_view name);

/// Replaces a leading `~/` by the home folder.
[[nodiscard]] std::filesystem::path expand_home(const config::Environment& environment, const std::string& path);

/// AWS_CONFIG_FILE (~/.aws/config) and AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) as one. Where both have a key
/// of a profile, the credentials file wins. Every value knows its file.
class AwsFiles {
 public:
  /// UsageError when a file cannot be read or parsed; a file that is absent is empty.
  explicit AwsFiles(const config::Environment& environment);

  [[nodiscard]] bool has(const std::string& profile) const { return profiles_.contains(profile); }
  [[nodiscard]] std::vector<std::string> names() const;
  /// Both paths, for messages.
  [[nodiscard]] std::string paths() const;

  /// Nothing for a key that is absent or empty.
  [[nodiscard]] std::optional<ValueWithOrigin> get(const std::string& profile, std::string_view key) const;
  /// The endpoint_url of a service in the `[services …]` section that the profile names.
  [[nodiscard]] std::optional<ValueWithOrigin> service_endpoint(const std::string& profile,
                                                                std::string_view service) const;

 private:
  void add(const std::string& profile, const IniSection& section, const std::filesystem::path& path);

  std::filesystem::path config_path_;
  std::filesystem::path credentials_path_;
  std::map<std::string, std::map<std::string, ValueWithOrigin, std::less<>>> profiles_;
  IniFile services_;
};

}  // namespace etl::s3
