#pragma once

#include <optional>

#include "config/settings.hpp"

namespace etl::config {

/// Where the search indexes are: `search.url`, else what Kubernetes tells its pods of the service
/// (GEN3_ELASTICSEARCH_MASTER_PORT, ELASTICSEARCH_PORT: `tcp://10.0.0.7:9200`). None when neither is set.
[[nodiscard]] std::optional<Value> search_address(const Settings& settings,
                                                  const Environment& environment = process_environment());

}  // namespace etl::config
