#pragma once

#include <stop_token>

#include "config/draft.hpp"
#include "config/settings.hpp"

namespace etl::checks {

/// What a first etl.yaml can be made of: the projects of user.yaml, the buckets that take uploads (fence and its
/// configuration), the folders of studies. What is not mounted, and a commons that does not answer, is a warning in the
/// log and a note for the file. UsageError for a file that was named and cannot be read, StoppedError after a stop.
[[nodiscard]] config::DraftSource draft_source(const config::Settings& settings, const std::stop_token& stop);

}  // namespace etl::checks
