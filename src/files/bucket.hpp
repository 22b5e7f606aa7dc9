#pragma once

#include <optional>
#include <string>

#include "base/project_id.hpp"
#include "config/settings.hpp"
#include "files/upload_options.hpp"
#include "gen3/fence.hpp"

namespace etl::files {

/// The bucket's name for the url of a record whose upload goes to fence's default: DATA_UPLOAD_BUCKET of fence's own
/// configuration where that is mounted, else the one bucket that fence has. UsageError when it is not clear.
[[nodiscard]] std::string default_bucket(const config::Settings& settings, gen3::Fence& fence);

/// The bucket that a project's files go to, from the first of these that names one: the flag, the project's study in
/// etl.yaml, the setting files.bucket. std::nullopt: fence's default.
[[nodiscard]] std::optional<std::string> chosen_bucket(const config::Settings& settings, const ProjectId& project);

/// Where a project's files are to be sent. UsageError for a bucket that fence does not know: each upload would be
/// refused, and fence could not remove its record again.
void choose_bucket(UploadOptions& upload, const config::Settings& settings, const ProjectId& project,
                   gen3::Fence& fence);

/// UsageError, with the nearest name, for a bucket that fence does not list.
void require_bucket(gen3::Fence& fence, const std::string& bucket);

}  // namespace etl::files
