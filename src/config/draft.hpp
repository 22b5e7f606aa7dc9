#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/project_id.hpp"

namespace etl::config {

/// What is known of a commons for a first etl.yaml.
struct DraftSource {
  std::vector<ProjectId> projects;   ///< those of user.yaml, in its order
  std::vector<std::string> buckets;  ///< that take uploads
  std::string default_bucket;        ///< where files go that have no other; empty: fence's default, whatever it is
  std::vector<std::string> folders;  ///< below the folder of studies
  std::vector<std::string> notes;    ///< for the top of the file: where this comes from, what could not be asked
};

/// The bucket whose name has the code in it (case does not matter, '_' is '-'), if one alone does. `candidates`: all
/// that do.
struct BucketChoice {
  std::string bucket;  ///< empty for the default
  std::vector<std::string> candidates;
};
[[nodiscard]] BucketChoice choose_bucket(const std::string& code, const std::vector<std::string>& buckets);

/// A commented etl.yaml: a study a project, and all settings as commented-out lines with their defaults. What it says
/// is read back without error; a project that cannot be a study as it is stands in a comment with the reason.
[[nodiscard]] std::string draft_etl_yaml(const DraftSource& source);

}  // namespace etl::config
