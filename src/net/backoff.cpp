#include "net/backoff.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <random>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"

namespace etl::net {
namespace {

/// More seconds than this overflow what is reckoned with them; nobody waits for them anyway.
constexpr long kManySeconds = 1'000'000'000;

}  // namespace

std::chrono::milliseconds Backoff::wait(unsigned failed) const {
  const unsigned doublings = std::min(failed - 1, 20U);
  const auto most = std::min<std::chrono::milliseconds>(first * (1LL << doublings), longest);
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::chrono::milliseconds(
      std::uniform_int_distribution<std::chrono::milliseconds::rep>(most.count() / 2, most.count())(random));
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                           std::chrono::system_clock::time_point now) {
  const std::string text(trim(value));
  long seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (end == text.data() + text.size() && !text.empty()) {
    if (error == std::errc::result_out_of_range) seconds = kManySeconds;
    return std::chrono::seconds(std::clamp(seconds, 0L, kManySeconds));
  }
  const auto date = curl_getdate(text.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const auto wait = static_cast<long>(date - std::chrono::system_clock::to_time_t(now));
  return std::chrono::seconds(std::clamp(wait, 0L, kManySeconds));
}

void sleep_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  if (stop.stop_requested()) throw StoppedError();
}

}  // namespace etl::net
