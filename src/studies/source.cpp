#include "studies/source.hpp"

#include <fmt/format.h>

#include <fmt/ranges.h>
#include <vector>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/suggestion.hpp"
#include "base/text.hpp"

namespace etl::studies {
namespace {

bool is_set(const config::Environment& environment, std::string_view name) {
  const auto value = environment(name);
  return value && !value->empty();
}

}  // namespace

s3::Profile source_profile(const config::Settings& settings, s3::ProfileChoice choice,
                           const config::Environment& environment) {
  if (choice.profile || is_set(environment, "AWS_PROFILE")) return s3::read_profile(choice, environment);
  constexpr std::array logins{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE",
                              "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"};
  const bool login = std::any_of(logins.begin(), logins.end(), [&](auto name) { return is_set(environment, name); });
  const auto names = s3::profile_names(environment);
  const auto wanted = settings.get("source.profile");
  if (std::find(names.begin(), names.end(), wanted->text) != names.end()) {
    // As if AWS_PROFILE said so: a key pair of the environment counts more, as it does there.
    return s3::read_profile(choice, [&](std::string_view name) {
      return name == "AWS_PROFILE" ? std::optional(wanted->text) : environment(name);
    });
  }
  if (login) return s3::read_profile(choice, environment);
  UsageError absent(fmt::format("the AWS profile `{}` does not exist", wanted->text), wanted->origin,
                    names.empty() ? "write it into ~/.aws/credentials, or set AWS_ACCESS_KEY_ID and its secret"
                                  : fmt::format("name another one with --profile: {}", fmt::join(names, ", ")));
  // Nobody asked for the default's profile: an instance's role will do. Whether there is one, its first use will tell.
  if (wanted->origin == "default") {
    try {
      auto profile = s3::read_profile(choice, environment);
      if (auto* instance = std::get_if<s3::InstanceMetadata>(&profile.credentials.kind)) {
        instance->if_absent = absent;
        return profile;
      }
    } catch (const UsageError&) {  // no key at all: the missing profile says more
    }
  }
  throw UsageError(absent);
}

namespace {

bool anything(s3::Client& client, const std::string& bucket, const std::string& prefix) {
  return !client.list_page(bucket, {.prefix = prefix, .delimiter = {}, .start_after = {}, .page_size = 1})
              .objects.empty();
}

}  // namespace

void require_study(s3::Client& client, const std::string& bucket, const std::string& prefix, const std::string& study) {
  if (anything(client, bucket, prefix + study + '/')) return;
  std::vector<std::string> there;
  for (auto name : client.list_page(bucket, {.prefix = prefix, .delimiter = "/", .start_after = {}}).prefixes) {
    name.erase(0, prefix.size());
    if (name.ends_with('/')) name.pop_back();
    there.push_back(std::move(name));
  }
  throw UsageError(fmt::format("the source has no study `{}`", study), fmt::format("s3://{}/{}", bucket, prefix),
                   there.empty()
                       ? "check the bucket, the path and the prefix"
                       : did_you_mean(study, there, fmt::format("the studies are {}", fmt::join(there, ", "))));
}

void require_prefix(s3::Client& client, const std::string& bucket, const std::string& prefix) {
  if (anything(client, bucket, prefix)) return;
  throw UsageError("the source has nothing there", fmt::format("s3://{}/{}", bucket, prefix),
                   "check the study's `source` in etl.yaml, the bucket and the path");
}

}  // namespace etl::studies
