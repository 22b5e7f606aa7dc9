#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "net/url.hpp"

namespace etl::net {

/// What bounds a fetch.
struct FetchLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds total{60'000};
  std::size_t bytes = std::size_t{64} << 20U;
};

/// Reads a whole document from `http(s)://…`, `file://…` or a path. TLS certificates are verified, redirects are
/// followed, but never from https to http. Throws, always with without_query(url) as its place:
/// UsageError (not an address), NotAllowedError (401, 403), RefusedError (other 4xx), UnavailableError (no connection,
/// time-out, bad certificate, 429, 5xx), InputError (no such file, or more than limits.bytes).
[[nodiscard]] std::string fetch(const std::string& url_or_file, const FetchLimits& limits = {});

}  // namespace etl::net
