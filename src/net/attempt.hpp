#pragma once

#include <exception>
#include <stop_token>

#include "net/handle_pool.hpp"
#include "net/http.hpp"
#include "net/rate_limit.hpp"

namespace etl::net {

/// How one attempt at a request ended.
struct Attempt {
  enum class End {
    answered,
    not_sent,   ///< the server has seen nothing of the request
    dead_kept,  ///< a kept connection turned out to be closed; the server may have seen the request all the same
    broken,     ///< no whole answer, and nobody knows how far the request came
    stalled,    ///< as broken, since too little came or went
  };
  End end = End::not_sent;
  CURLcode code = CURLE_OK;
  long os_error = 0;          ///< errno of a connection that failed; 0 when there is none
  Response response;          ///< when answered
  std::exception_ptr thrown;  ///< by the source, by the sink, or about the answer's size: goes to the caller as it is
};

/// Sends the request once over a handle of its origin; with `may_repeat` at once again when a kept connection turns out
/// to be dead. StoppedError as soon as `stop` is requested.
[[nodiscard]] Attempt attempt(Handle& handle, const Request& request, const HttpOptions& options, RateLimit& rate,
                              const std::stop_token& stop, bool may_repeat);

}  // namespace etl::net
