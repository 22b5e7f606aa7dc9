#pragma once

#include <exception>
#include <stop_token>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "net/backoff.hpp"

namespace etl::net {

struct RetryPolicy {
  unsigned attempts = 3;
  Backoff backoff{std::chrono::milliseconds(1'000), std::chrono::milliseconds(30'000)};
};

/// Tells on stderr that `what` is tried again, and why, then waits. StoppedError when `stop` is requested.
void wait_to_retry(const RetryPolicy& policy, unsigned failed, std::string_view what, const std::exception& why,
                   const std::stop_token& stop);

/// The second level of retry, above HttpClient's own: repeats a whole operation (ask for a new signed URL, then send
/// again) while it throws UnavailableError or one of `Also`; the last exception goes to the caller. `operation` must be
/// safe to repeat. `what` names it for the log: no secrets.
///
///   net::retry<NotAllowedError>({}, stop, "upload of F0.txt", [&] { put(file, fence.upload_url(guid)); });
template <typename... Also, typename Operation>
decltype(auto) retry(const RetryPolicy& policy, const std::stop_token& stop, std::string_view what,
                     Operation&& operation) {
  for (unsigned attempt = 1;; ++attempt) {
    try {
      return operation();
    } catch (const StoppedError&) {
      throw;
    } catch (const std::exception& error) {
      const bool known = dynamic_cast<const UnavailableError*>(&error) != nullptr ||
                         (false || ... || (dynamic_cast<const Also*>(&error) != nullptr));
      if (!known || attempt >= policy.attempts) throw;
      wait_to_retry(policy, attempt, what, error, stop);
    }
  }
}

}  // namespace etl::net
