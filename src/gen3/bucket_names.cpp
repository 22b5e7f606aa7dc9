#include "gen3/bucket_names.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/identifier.hpp"

namespace etl::gen3 {

bool BucketNames::knows(const std::string& bucket) const {
  const std::lock_guard lock(mutex_);
  if (!names_) {
    std::vector<std::string> names;
    try {
      for (Bucket& one : fence_.buckets()) names.push_back(std::move(one.name));
    } catch (const RefusedError&) {  // a fence that does not list them
      names.emplace_back("*");
    }
    names_ = std::move(names);
  }
  return std::any_of(names_->begin(), names_->end(),
                     [&](const std::string& name) { return name == bucket || !is_bucket_name(name); });
}

std::optional<std::string> BucketNames::unknown_in(const std::vector<std::string>& urls) const {
  for (const std::string& url : urls) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) continue;
    std::string bucket = url.substr(scheme + 3, url.find('/', scheme + 3) - scheme - 3);
    if (!knows(bucket)) return bucket;
  }
  return std::nullopt;
}

}  // namespace etl::gen3
