#include "s3/profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "s3/credential_chain.hpp"
#include "s3/ini_file.hpp"

namespace etl::s3 {
namespace {

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
    profile.endpoint_url = endpoint();
    profile.addressing = addressing();
    profile.ca_bundle = ca_bundle();
    profile.credentials = CredentialChain(files_, environment_, !choice_.profile, profile.region).of(name_);
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
    const std::string meant = did_you_mean(name_, names);
    throw UsageError(fmt::format("the AWS profile `{}` does not exist", name_), origin,
                     names.empty() ? fmt::format("write it into {}", files_.paths())
                                   : fmt::format("{}{}the profiles are {} (in {})", meant, meant.empty() ? "" : " ",
                                                 fmt::join(names, ", "), files_.paths()));
  }

  [[nodiscard]] ValueWithOrigin region() const {
    if (choice_.region) return {*choice_.region, "--region"};
    for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
      if (auto value = variable(environment_, name)) return {*value, fmt::format("environment {}", name)};
    }
    if (auto value = files_.get(name_, "region")) return *value;
    return {"us-east-1", "default"};
  }

  [[nodiscard]] std::optional<ValueWithOrigin> endpoint() const {
    if (choice_.endpoint_url) return ValueWithOrigin{*choice_.endpoint_url, "--endpoint-url"};
    if (variable(environment_, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true") return std::nullopt;
    for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
      if (auto value = variable(environment_, name))
        return ValueWithOrigin{*value, fmt::format("environment {}", name)};
    }
    if (auto value = files_.service_endpoint(name_, "s3")) return value;
    return files_.get(name_, "endpoint_url");
  }

  [[nodiscard]] std::string ca_bundle() const {
    ValueWithOrigin named;
    if (auto value = variable(environment_, "AWS_CA_BUNDLE")) {
      named = {*value, "environment AWS_CA_BUNDLE"};
    } else if (auto from_file = files_.get(name_, "ca_bundle")) {
      named = *from_file;
    } else {
      return {};
    }
    auto path = expand_home(environment_, named.text);
    if (::access(path.c_str(), R_OK) != 0) {
      throw UsageError(fmt::format("the file of certificate authorities cannot be read: {}", errno_text(errno)),
                       path.string(), fmt::format("it is named by {}", named.origin));
    }
    return path.string();
  }

  [[nodiscard]] Addressing addressing() const {
    const auto section = files_.get(name_, "s3");
    if (!section) return Addressing::automatic;
    const auto values = parse_nested(section->text);
    const auto style = values.find("addressing_style");
    if (style == values.end() || style->second == "auto") return Addressing::automatic;
    if (style->second == "path") return Addressing::path;
    if (style->second == "virtual") return Addressing::virtual_host;
    throw UsageError("addressing_style must be auto, path or virtual, not " + style->second, section->origin);
  }

  const ProfileChoice& choice_;
  const config::Environment& environment_;
  AwsFiles files_;
  std::string name_ = "default";
};

}  // namespace

Profile read_profile(const ProfileChoice& choice, const config::Environment& environment) {
  return Reader(choice, environment).read();
}

std::vector<std::string> profile_names(const config::Environment& environment) { return AwsFiles(environment).names(); }

}  // namespace etl::s3
