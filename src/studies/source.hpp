#pragma once

#include <string>

#include "config/settings.hpp"
#include "s3/client.hpp"
#include "s3/profile.hpp"

/// Where studies come from.
namespace etl::studies {

/// Who reads them. `choice` is the command line's. Without --profile and AWS_PROFILE: the profile that the setting
/// source.profile names (default: etlbot). Where there is no such profile: the environment's key, web identity or
/// container agent, and, unless somebody configured the profile's name, the role of the instance. Throws as
/// s3::read_profile() does.
[[nodiscard]] s3::Profile source_profile(const config::Settings& settings, s3::ProfileChoice choice,
                                         const config::Environment& environment = config::process_environment());

/// UsageError with the nearest name for a study of which nothing is at bucket/prefix.
void require_study(s3::Client& client, const std::string& bucket, const std::string& prefix, const std::string& study);
/// UsageError when nothing is at bucket/prefix.
void require_prefix(s3::Client& client, const std::string& bucket, const std::string& prefix);

}  // namespace etl::studies
