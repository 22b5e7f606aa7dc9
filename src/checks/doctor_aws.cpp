#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "checks/doctor.hpp"
#include "config/fence_config.hpp"
#include "s3/client.hpp"
#include "s3/profile.hpp"

namespace etl::checks {
namespace {

/// A bucket to ask about; whether it exists does not matter to the question whether the key signs.
std::string some_bucket(const config::Settings& settings) {
  const std::filesystem::path file = settings.require("fence_config");
  std::error_code unreadable;
  if (std::filesystem::exists(file, unreadable)) {
    try {
      const auto config = config::read_fence_config(file);
      if (!config.upload_bucket.empty()) return config.upload_bucket;
      if (!config.buckets.empty()) return config.buckets.begin()->first;
    } catch (const Error&) {
      return "aced-etl-doctor";  // told among the mounts
    }
  }
  return "aced-etl-doctor";
}

/// Does the key of `choice` sign requests that S3 accepts?
void check_key(Report& report, const std::string& check, const s3::ProfileChoice& choice, const std::string& bucket,
               const config::Environment& environment, net::HttpClient& http, const std::stop_token& stop) {
  report.guard(check, [&] {
    s3::Client client(http, s3::read_profile(choice, environment), {.attempts = 1}, stop);
    const auto& profile = client.profile();
    const std::string at =
        profile.endpoint_url ? profile.endpoint_url->text : fmt::format("AWS, {}", profile.region.text);
    try {
      static_cast<void>(client.list_page(bucket, {.prefix = {}, .delimiter = "/", .start_after = {}, .page_size = 1}));
      report.ok(check, fmt::format("its key signs at {}", at));
    } catch (const RefusedError&) {
      report.ok(check, fmt::format("its key signs at {}", at));  // no such bucket: the signature was right
    } catch (const NotAllowedError& error) {
      if (std::string_view(error.what()).find("AccessDenied") == std::string_view::npos) throw;
      report.ok(check, fmt::format("its key signs at {}, but may not list {}", at, bucket));
    }
  });
}

/// A key that the pod gets without files: by variables, a service account's role, EKS Pod Identity or an ECS task role.
bool environment_has_key(const config::Environment& environment) {
  constexpr std::array names{"AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
                             "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"};
  return std::ranges::any_of(names, [&](const char* name) { return s3::variable(environment, name).has_value(); });
}

}  // namespace

void check_aws(Report& report, const config::Settings& settings, const config::Environment& environment,
               const std::stop_token& stop) {
  std::vector<std::string> names;
  if (!report.guard("AWS profiles", [&] { names = s3::profile_names(environment); })) return;
  for (const char* wanted : {"fencebot", "etlbot"}) {
    if (std::ranges::find(names, wanted) == names.end()) {
      report.warn(fmt::format("AWS profile {}", wanted), "neither ~/.aws/config nor ~/.aws/credentials has it",
                  "mount the secret with `credentials` and `config` at ~/.aws");
    }
  }
  net::HttpClient http({.attempts = 2}, stop);
  const std::string bucket = some_bucket(settings);
  for (const std::string& name : names) {
    s3::ProfileChoice choice;
    choice.profile = name;
    check_key(report, "AWS profile " + name, choice, bucket, environment, http, stop);
  }
  if (environment_has_key(environment)) check_key(report, "AWS environment", {}, bucket, environment, http, stop);
}

}  // namespace etl::checks
