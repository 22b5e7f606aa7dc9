#pragma once

#include <stop_token>

#include "checks/check.hpp"
#include "config/settings.hpp"
#include "gen3/session.hpp"

namespace etl::checks {

/// Looks at all that a pod's loads stand on: mounts, the API key, the commons, the user's permissions on every project,
/// buckets, AWS profiles, the database, the search server, folders and disk. Writes nothing. Throws StoppedError alone.
[[nodiscard]] Report examine(const config::Settings& settings, const config::Environment& environment,
                             const std::stop_token& stop);

// Its parts, each a file of its own: doctor_<part>.cpp.
void check_mounts(Report& report, const config::Settings& settings);
void check_commons(Report& report, const config::Settings& settings, const std::stop_token& stop);
/// What the commons' other services say: indexd and sheepdog, each where a run uses it.
void check_services(Report& report, const config::Settings& settings, gen3::Session& session);
void check_aws(Report& report, const config::Settings& settings, const config::Environment& environment,
               const std::stop_token& stop);
void check_database(Report& report, const config::Settings& settings);
void check_search(Report& report, const config::Settings& settings, const config::Environment& environment,
                  const std::stop_token& stop);
void check_folders(Report& report, const config::Settings& settings);

}  // namespace etl::checks
