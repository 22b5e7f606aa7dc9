#include "s3/profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/loopback.hpp"
#include "base/text.hpp"
#include "net/url.hpp"
#include "s3/ini_file.hpp"

namespace etl::s3 {
namespace {

namespace fs = std::filesystem;

/// A variable that is set and not empty: a chart writes an empty one for a value that nobody gave.
std::optional<std::string> variable(const config::Environment& environment, std::string_view name) {
  auto value = environment(name);
  return value && !value->empty() ? value : std::nullopt;
}

fs::path expand(const config::Environment& environment, const std::string& path) {
  if (!path.starts_with("~/")) return path;
  return fs::path(variable(environment, "HOME").value_or("/")) / path.substr(2);
}

/// Both files as one: what the credentials file says of a profile counts more. Every value knows its file.
class Files {
 public:
  explicit Files(const config::Environment& environment)
      : config_path_(expand(environment, variable(environment, "AWS_CONFIG_FILE").value_or("~/.aws/config"))),
        credentials_path_(
            expand(environment, variable(environment, "AWS_SHARED_CREDENTIALS_FILE").value_or("~/.aws/credentials"))) {
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

  [[nodiscard]] bool has(const std::string& profile) const { return profiles_.contains(profile); }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& [name, values] : profiles_) result.push_back(name);
    return result;
  }
  [[nodiscard]] std::string paths() const {
    return fmt::format("{}, {}", credentials_path_.string(), config_path_.string());
  }

  [[nodiscard]] std::optional<Sourced> get(const std::string& profile, std::string_view key) const {
    const auto found = profiles_.find(profile);
    if (found == profiles_.end()) return std::nullopt;
    const auto value = found->second.find(key);
    if (value == found->second.end() || value->second.text.empty()) return std::nullopt;
    return value->second;
  }

  /// `service = \n endpoint_url = …` of the [services …] section that the profile names.
  [[nodiscard]] std::optional<Sourced> service_endpoint(const std::string& profile, std::string_view service) const {
    const auto name = get(profile, "services");
    if (!name) return std::nullopt;
    const auto section = services_.find(name->text);
    if (section == services_.end()) return std::nullopt;
    const auto nested = section->second.find(service);
    if (nested == section->second.end()) return std::nullopt;
    const auto values = parse_nested(nested->second);
    const auto url = values.find("endpoint_url");
    if (url == values.end()) return std::nullopt;
    return Sourced{url->second, fmt::format("services {} in {}", name->text, config_path_.string())};
  }

 private:
  static std::string unquoted(std::string_view name) {
    name = trim(name);
    const bool quoted =
        name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front();
    return std::string(quoted ? name.substr(1, name.size() - 2) : name);
  }

  void add(const std::string& profile, const IniSection& section, const fs::path& path) {
    auto& values = profiles_[profile];
    for (const auto& [key, value] : section) {
      values.insert_or_assign(key, Sourced{value, fmt::format("profile {} in {}", profile, path.string())});
    }
  }

  fs::path config_path_;
  fs::path credentials_path_;
  std::map<std::string, std::map<std::string, Sourced, std::less<>>> profiles_;
  IniFile services_;
};

/// One reading: the profile, the variables and the files, asked in the CLI's order.
class Reader {
 public:
  Reader(const ProfileChoice& choice, const config::Environment& environment)
      : choice_(choice), environment_(environment), files_(environment) {}

  Profile read() {
    choose();
    Profile profile;
    profile.name = name_;
    profile.region = region();
    profile.endpoint_url = s3_endpoint();
    profile.addressing = addressing();
    profile.key = environment_key();
    if (!profile.key) profile.identity = web_identity(profile.region);
    if (!profile.key && !profile.identity) profile.key = profile_key();
    return profile;
  }

 private:
  void choose() {
    std::string origin = "--profile";
    auto named = choice_.profile;
    for (const char* name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
      if (named) break;
      named = variable(environment_, name);
      origin = fmt::format("environment {}", name);
    }
    if (!named) return;
    name_ = *named;
    if (files_.has(name_)) return;
    const auto names = files_.names();
    const auto near = nearest(name_, names);
    throw UsageError(
        fmt::format("there is no AWS profile `{}`{}", name_, near.empty() ? "" : "; did you mean `" + near + "`?"),
        origin,
        names.empty() ? fmt::format("write it into {}", files_.paths())
                      : fmt::format("there are: {} (in {})", fmt::join(names, ", "), files_.paths()));
  }

  [[nodiscard]] Sourced region() const {
    if (choice_.region) return {*choice_.region, "--region"};
    for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
      if (auto value = variable(environment_, name)) return {*value, fmt::format("environment {}", name)};
    }
    if (auto value = files_.get(name_, "region")) return *value;
    return {"us-east-1", "default"};
  }

  [[nodiscard]] bool ignores_endpoints() const {
    return variable(environment_, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true";
  }

  /// An address that is configured for this service by name.
  [[nodiscard]] std::optional<Sourced> service_endpoint(std::string_view service, const char* own_variable) const {
    if (ignores_endpoints()) return std::nullopt;
    if (auto value = variable(environment_, own_variable)) {
      return Sourced{*value, fmt::format("environment {}", own_variable)};
    }
    return files_.service_endpoint(name_, service);
  }

  /// S3's: the AWS CLI lets AWS_ENDPOINT_URL count more than the [services] section.
  [[nodiscard]] std::optional<Sourced> s3_endpoint() const {
    if (choice_.endpoint_url) return Sourced{*choice_.endpoint_url, "--endpoint-url"};
    if (ignores_endpoints()) return std::nullopt;
    for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
      if (auto value = variable(environment_, name)) return Sourced{*value, fmt::format("environment {}", name)};
    }
    if (auto value = files_.service_endpoint(name_, "s3")) return value;
    return files_.get(name_, "endpoint_url");
  }

  [[nodiscard]] Addressing addressing() const {
    const auto section = files_.get(name_, "s3");
    if (!section) return Addressing::automatic;
    const auto values = parse_nested(section->text);
    const auto style = values.find("addressing_style");
    if (style == values.end() || style->second == "auto") return Addressing::automatic;
    if (style->second == "path") return Addressing::path;
    if (style->second == "virtual") return Addressing::virtual_host;
    throw UsageError("addressing_style is none of auto, path, virtual: " + style->second, section->origin);
  }

  [[nodiscard]] static Credentials whole(std::optional<std::string> id, std::optional<std::string> secret,
                                         std::optional<std::string> token, std::string origin) {
    if (!id || !secret) {
      throw UsageError(id ? "the AWS key has no secret" : "the AWS key has no id", origin,
                       "aws_access_key_id and aws_secret_access_key belong together");
    }
    return {std::move(*id), std::move(*secret), std::move(token).value_or(""), std::move(origin)};
  }

  [[nodiscard]] std::optional<Credentials> environment_key() const {
    if (choice_.profile) return std::nullopt;
    auto id = variable(environment_, "AWS_ACCESS_KEY_ID");
    auto secret = variable(environment_, "AWS_SECRET_ACCESS_KEY");
    if (!id && !secret) return std::nullopt;
    return whole(std::move(id), std::move(secret), variable(environment_, "AWS_SESSION_TOKEN"),
                 "environment AWS_ACCESS_KEY_ID");
  }

  [[nodiscard]] std::optional<Sourced> variable_or_file(const char* name, std::string_view key) const {
    if (!choice_.profile) {
      if (auto value = variable(environment_, name)) return Sourced{*value, fmt::format("environment {}", name)};
    }
    return files_.get(name_, key);
  }

  [[nodiscard]] std::optional<WebIdentity> web_identity(const Sourced& region) const {
    const auto token = variable_or_file("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    if (!token) return std::nullopt;
    const auto role = variable_or_file("AWS_ROLE_ARN", "role_arn");
    if (!role)
      throw UsageError("a web identity's token without its role", token->origin, "set AWS_ROLE_ARN or role_arn");
    const auto session = variable_or_file("AWS_ROLE_SESSION_NAME", "role_session_name");
    return WebIdentity{role->text, expand(environment_, token->text), session ? session->text : "aced-etl",
                       sts_endpoint(region), role->origin};
  }

  /// The service account's token goes to STS alone. The general addresses (AWS_ENDPOINT_URL, the profile's
  /// endpoint_url) are those of an S3 server, which must never see it; the AWS CLI would send it there.
  [[nodiscard]] std::string sts_endpoint(const Sourced& region) const {
    if (const auto own = service_endpoint("sts", "AWS_ENDPOINT_URL_STS")) {
      const auto origin = net::origin_of(own->text);
      const auto host = origin.substr(0, origin.rfind(':')).substr(origin.find("://") + 3);
      if (origin.starts_with("http://") && !is_loopback(host)) {
        throw UsageError("the address of STS is not encrypted: the service account's token would travel in clear text",
                         own->origin, "use https:// for AWS_ENDPOINT_URL_STS");
      }
      return own->text;
    }
    if (!std::ranges::all_of(region.text,
                             [](char c) { return c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); })) {
      throw UsageError("not the name of an AWS region: " + printable(region.text), region.origin,
                       "use a name such as us-west-2");
    }
    return fmt::format("https://sts.{}.{}", region.text,
                       region.text.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com");
  }

  [[nodiscard]] Credentials profile_key() const {
    auto id = files_.get(name_, "aws_access_key_id");
    auto secret = files_.get(name_, "aws_secret_access_key");
    if (!id && !secret) no_key();
    const auto token = files_.get(name_, "aws_session_token");
    const auto text = [](const std::optional<Sourced>& value) {
      return value ? std::optional(value->text) : std::nullopt;
    };
    return whole(text(id), text(secret), text(token), id ? id->origin : secret->origin);
  }

  [[noreturn]] void no_key() const {
    for (const char* key : {"role_arn", "credential_process", "sso_session", "sso_start_url"}) {
      if (const auto value = files_.get(name_, key)) {
        throw UsageError(fmt::format("the AWS profile `{}` logs in by `{}`, which aced-etl does not do", name_, key),
                         value->origin,
                         "use a profile with a key pair, or a service account's role (AWS_WEB_IDENTITY_TOKEN_FILE)");
      }
    }
    const auto names = files_.names();
    throw UsageError(fmt::format("there is no AWS key: neither AWS_ACCESS_KEY_ID nor one in the profile `{}`", name_),
                     files_.paths(),
                     names.empty() ? "write a profile with aws_access_key_id and aws_secret_access_key"
                                   : fmt::format("choose one of the profiles there are: {}", fmt::join(names, ", ")));
  }

  const ProfileChoice& choice_;
  const config::Environment& environment_;
  Files files_;
  std::string name_ = "default";
};

}  // namespace

Profile read_profile(const ProfileChoice& choice, const config::Environment& environment) {
  return Reader(choice, environment).read();
}

std::vector<std::string> profile_names(const config::Environment& environment) { return Files(environment).names(); }

}  // namespace etl::s3
