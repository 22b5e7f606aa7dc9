#include "net/retry.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace etl::net {

void wait_to_retry(const RetryPolicy& policy, unsigned failed, std::string_view what, const std::exception& why,
                   const std::stop_token& stop) {
  const auto wait = policy.backoff.wait(failed);
  const auto* error = dynamic_cast<const Error*>(&why);
  const log::RetryNotice notice(
      "operation",
      fmt::format("{}: attempt {} of {} failed; trying again in {}", what, failed, policy.attempts,
                  human_duration(wait)),
      {{"reason", why.what()}, {"where", error != nullptr ? std::string_view(error->where()) : ""}});
  sleep_for(wait, stop);
}

}  // namespace etl::net
