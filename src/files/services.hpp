#pragma once

#include <stop_token>

#include "config/settings.hpp"
#include "gen3/fence.hpp"
#include "gen3/indexd.hpp"
#include "gen3/session.hpp"
#include "net/http.hpp"
#include "net/retry.hpp"

namespace etl::files {

/// The services of a commons that files need; all outlive who holds this.
struct Services {
  gen3::Session& session;
  gen3::Fence& fence;
  gen3::Indexd& indexd;
  std::stop_token stop;
  net::RetryPolicy retry{};

  [[nodiscard]] net::HttpClient& http() const { return session.http(); }
};

/// Connections for as many files at once as the settings say, and for the parts of large ones; all together no faster
/// than `limits.bandwidth`.
[[nodiscard]] net::HttpOptions http_options(const config::Settings& settings);

/// After so many files in a row that a service did not answer for, work on files ends: it stays away.
inline constexpr unsigned most_unavailable = 4;

/// How long a signed URL is good; fence clamps it to what it allows.
inline constexpr std::chrono::seconds url_life{3600};

}  // namespace etl::files
