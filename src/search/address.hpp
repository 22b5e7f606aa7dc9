#pragma once

#include <string>

#include "config/settings.hpp"

namespace etl::search {

/// Where the search server is and how to sign in. The secrets are registered with base/secrets.
struct ServerAddress {
  std::string url;            ///< http(s)://host:port or with a path behind it; no user, no `/` at the end
  std::string authorization;  ///< the value of the header Authorization; empty: none
  std::string ca_file;        ///< certificate authorities to trust; empty: the system's
};

/// From `search.url` (else what Kubernetes says, config/search_address.hpp), `search.api_key`, `search.user` and
/// `search.password`, or a user and password in the address. UsageError when no server is configured, when the address
/// is malformed, when a user has no password, and when the address comes from an etl.yaml that nobody named while a
/// password or key would be sent there.
[[nodiscard]] ServerAddress server_address(const config::Settings& settings,
                                           const config::Environment& environment = config::process_environment());

}  // namespace etl::search
