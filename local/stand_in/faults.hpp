#pragma once

#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <regex>
#include <string>

#include "stand_in/request.hpp"

namespace etl::stand_in {

/// One way to misbehave, as POST /_stand_in/faults takes it.
struct FaultRule {
  std::string kind;
  std::string method;  ///< empty: any
  std::string path_text;
  std::regex path;          ///< searched for in the path, without the query
  std::int64_t times = 1;   ///< 0: until cleared
  std::int64_t skip = 0;    ///< so many matching requests pass first
  unsigned one_in = 1;      ///< it strikes one matching request in so many, at random
  std::minstd_rand random;  ///< seeded by the rule's `seed`
  int status = 503;
  std::string retry_after;  ///< the header's text as it is; empty: none
  std::chrono::milliseconds delay{0};
  std::optional<std::string> body;
  std::int64_t seen = 0;  ///< matching requests so far, skipped ones included
  std::int64_t hits = 0;
};

/// What happens to one request.
struct FaultPlan {
  std::chrono::milliseconds delay{0};
  bool drop = false;             ///< no work, no answer
  bool drop_after_work = false;  ///< the work, but no answer
  bool truncate = false;         ///< half of the body under the length of all of it
  std::optional<FaultRule> status;
  Mischief mischief;
};

/// The rules in force, each in the order it came.
class Faults {
 public:
  /// Throws Refusal (400, with what is wrong) for what is no rule.
  void add(const Json& said);
  void clear();
  [[nodiscard]] Json list();

  /// What the rules say of a request to the services.
  [[nodiscard]] FaultPlan of_request(const std::string& method, const std::string& path) {
    return decide(method, path, "");
  }
  /// The same for a request that goes through to S3: rules whose kind begins with s3_.
  [[nodiscard]] FaultPlan of_s3(const std::string& method, const std::string& target) {
    return decide(method, target, "s3_");
  }
  /// Is there a rule for S3, so that signed URLs must lead through the proxy?
  [[nodiscard]] bool wants_s3();

 private:
  FaultPlan decide(const std::string& method, const std::string& path, const std::string& prefix);

  std::mutex mutex_;
  std::list<FaultRule> rules_;
};

}  // namespace etl::stand_in
