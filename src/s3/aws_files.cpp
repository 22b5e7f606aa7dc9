#include "s3/aws_files.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace etl::s3 {
namespace {

namespace fs = std::filesystem;

std::string unquoted(std::string_view name) {
  name = trim(name);
  const bool quoted = name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front();
  return std::string(quoted ? name.substr(1, name.size() - 2) : name);
}

}  // namespace

std::optional<std::string> variable(const config::Environment& environment, std::string_view name) {
  auto value = environment(name);
  return value && !value->empty() ? value : std::nullopt;
}

fs::path expand_home(const config::Environment& environment, const std::string& path) {
  if (!path.starts_with("~/")) return path;
  return fs::path(variable(environment, "HOME").value_or("/")) / path.substr(2);
}

AwsFiles::AwsFiles(const config::Environment& environment)
    : config_path_(expand_home(environment, variable(environment, "AWS_CONFIG_FILE").value_or("~/.aws/config"))),
      credentials_path_(expand_home(
          environment, variable(environment, "AWS_SHARED_CREDENTIALS_FILE").value_or("~/.aws/credentials"))) {
  for (const auto& [name, section] : read_ini(config_path_)) {
    if (name == "default") {
      add(name, section, config_path_);
    } else if (name.starts_with("profile ")) {
      add(unquoted(name.substr(8)), section, config_path_);
    } else if (name.starts_with("services ")) {
      services_[unquoted(name.substr(9))] = section;
    }
  }
  for (const auto& [name, section] : read_ini(credentials_path_)) add(name, section, credentials_path_);
}

std::vector<std::string> AwsFiles::names() const {
  std::vector<std::string> result;
  for (const auto& [name, values] : profiles_) result.push_back(name);
  return result;
}

std::string AwsFiles::paths() const { return fmt::format("{}, {}", credentials_path_.string(), config_path_.string()); }

std::optional<ValueWithOrigin> AwsFiles::get(const std::string& profile, std::string_view key) const {
  const auto found = profiles_.find(profile);
  if (found == profiles_.end()) return std::nullopt;
  const auto value = found->second.find(key);
  if (value == found->second.end() || value->second.text.empty()) return std::nullopt;
  return value->second;
}

std::optional<ValueWithOrigin> AwsFiles::service_endpoint(const std::string& profile, std::string_view service) const {
  const auto name = get(profile, "services");
  if (!name) return std::nullopt;
  const auto section = services_.find(name->text);
  if (section == services_.end()) return std::nullopt;
  const auto nested = section->second.find(service);
  if (nested == section->second.end()) return std::nullopt;
  const auto values = parse_nested(nested->second);
  const auto url = values.find("endpoint_url");
  if (url == values.end()) return std::nullopt;
  return ValueWithOrigin{url->second, fmt::format("services {} in {}", name->text, config_path_.string())};
}

void AwsFiles::add(const std::string& profile, const IniSection& section, const fs::path& path) {
  auto& values = profiles_[profile];
  for (const auto& [key, value] : section) {
    values.insert_or_assign(key, ValueWithOrigin{value, fmt::format("profile {} in {}", profile, path.string())});
  }
}

}  // namespace etl::s3
