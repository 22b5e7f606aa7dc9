#pragma once

#include <stop_token>

#include <string_view>
#include <vector>

#include "checks/bucket_list.hpp"
#include "checks/check.hpp"
#include "config/settings.hpp"
#include "config/study_entry.hpp"
#include "gen3/fence.hpp"
#include "gen3/session.hpp"

namespace etl::checks {

/// Checks everything that a run needs: mounts, the API key, the commons, the user's permissions on every project,
/// buckets, AWS profiles, the source of every study of etl.yaml, the database, the search server, folders and disk.
/// Writes nothing. Throws StoppedError alone. docs/exit-codes.md lists what makes a command fail; each is found here.
[[nodiscard]] Report examine(const config::Settings& settings, const config::Environment& environment,
                             const std::stop_token& stop);

// Its parts, each a file of its own: doctor_<part>.cpp.
void check_mounts(Report& report, const config::Settings& settings);
void check_commons(Report& report, const config::Settings& settings, const std::stop_token& stop);
/// What the commons' other services say: indexd and sheepdog, each where a run uses it. `user` may be null: not known.
void check_services(Report& report, const config::Settings& settings, gen3::Session& session, const gen3::User* user);
/// The bucket that the files of each enabled study go to.
void check_study_buckets(Report& report, const config::Settings& settings, gen3::Fence& fence,
                         const std::vector<BucketRow>& buckets);
/// etl.yaml's studies and where they come from: the source bucket, or mounted folders.
void check_studies(Report& report, const config::Settings& settings, const config::Environment& environment,
                   const std::stop_token& stop);
/// Does etl.yaml tell runs to leave this step out for the study?
[[nodiscard]] bool skips(const config::StudyEntry& study, std::string_view step);
/// May this user make programs and projects through sheepdog?
[[nodiscard]] bool may_make_projects(const gen3::User& user);
void check_aws(Report& report, const config::Settings& settings, const config::Environment& environment,
               const std::stop_token& stop);
void check_database(Report& report, const config::Settings& settings);
void check_search(Report& report, const config::Settings& settings, const config::Environment& environment,
                  const std::stop_token& stop);
void check_folders(Report& report, const config::Settings& settings);

}  // namespace etl::checks
