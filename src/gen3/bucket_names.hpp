#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gen3/fence.hpp"

namespace etl::gen3 {

/// The buckets that fence knows, asked for when they are first needed. fence cannot remove the object of a record in
/// another one: it answers 500 and keeps the record. Safe from many threads.
class BucketNames {
 public:
  explicit BucketNames(Fence& fence) : fence_(fence) {}

  /// Does fence know this bucket? Yes as well where nobody can tell: fence does not list its buckets, or one of its
  /// names is a pattern (fence matches names of S3_BUCKETS as regular expressions).
  [[nodiscard]] bool knows(const std::string& bucket) const;
  /// The first bucket of the urls (`s3://bucket/key`, `gs://…`) that fence does not know; nothing when it knows all.
  [[nodiscard]] std::optional<std::string> unknown_in(const std::vector<std::string>& urls) const;

 private:
  Fence& fence_;
  mutable std::mutex mutex_;
  mutable std::optional<std::vector<std::string>> names_;
};

}  // namespace etl::gen3
