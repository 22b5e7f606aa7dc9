#pragma once

#include <string>

#include "base/error.hpp"
#include "gen3/fence.hpp"
#include "gen3/indexd.hpp"

namespace etl::checks {

/// How a bucket did.
struct BucketTest {
  std::string bucket;
  std::string step;    ///< the last one that was begun: record, sign, put, get, compare, remove, done
  std::string reason;  ///< why it went no further; empty when all went well
  std::string left;    ///< what could not be removed again
  ExitCode exit = ExitCode::done;

  [[nodiscard]] bool ok() const noexcept { return reason.empty() && left.empty(); }
};

/// Proves that files can be loaded into a bucket and read from it: a throw-away record in indexd, a URL signed by
/// fence, put, get, compare; then all of it is removed again, whatever happened. `authz` is the project's resource
/// path. What goes wrong is in the result.
[[nodiscard]] BucketTest test_bucket(gen3::Session& session, const std::string& bucket, const std::string& authz);

}  // namespace etl::checks
