// Retry-After: how long a server may make us wait.

#include "net/backoff.hpp"
#include "properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace std::chrono;
  using etl::fuzz::require;
  const std::string_view text = etl::fuzz::text_of(data, size);
  const auto now = sys_days{year{2026} / 11 / 27};
  const auto wait = etl::net::parse_retry_after(text, now);
  if (!wait) return 0;
  require(*wait >= milliseconds(0) && *wait <= seconds(1'000'000'000), "a wait out of its range");
  require(etl::net::parse_retry_after(std::to_string(wait->count() / 1000), now) == wait,
          "a wait is another one when it is written and read again");
  require(etl::net::parse_retry_after("  " + std::string(text) + "\t", now) == wait, "blanks change the wait");
  // The later it is, the shorter is the wait for a date; a number of seconds stays what it is.
  const auto later = etl::net::parse_retry_after(text, now + hours(1));
  require(later && *later <= *wait && *later >= *wait - hours(1), "a wait that grows with time");
  return 0;
}
