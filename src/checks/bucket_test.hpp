#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "gen3/fence.hpp"
#include "gen3/indexd.hpp"

namespace etl::checks {

/// How a bucket did.
struct BucketTest {
  std::string bucket;
  std::string step;    ///< the last one that was begun: record, sign, put, get, compare, remove, done; or none
  std::string reason;  ///< why it went no further; empty when all went well
  std::string left;    ///< what could not be removed again
  ExitCode exit = ExitCode::done;

  [[nodiscard]] bool ok() const noexcept { return reason.empty() && left.empty(); }
};

/// Proves that files can be loaded into buckets and read from them: for each a throw-away record in indexd, a URL
/// signed by fence, put, get, compare; then all of it is removed again, whatever happened. `authz` is the project's
/// resource path. A few buckets are at work at once; the results are in the buckets' order, and what goes wrong is in
/// them. When `stop` is requested no other bucket is begun: its step is empty. `cleaning` calls the same commons and
/// does not stop then.
///
/// `upload_default`: fence's DATA_UPLOAD_BUCKET, empty where it is not known. Uploads there do not name the bucket, for
/// a fence whose ALLOWED_DATA_UPLOAD_BUCKETS is an empty list refuses every name, even this one.
[[nodiscard]] std::vector<BucketTest> test_buckets(gen3::Session& session, gen3::Session& cleaning,
                                                   const std::vector<std::string>& buckets,
                                                   const std::string& upload_default, const std::string& authz,
                                                   const std::stop_token& stop);

}  // namespace etl::checks
