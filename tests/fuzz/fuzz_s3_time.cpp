// Times of S3's XML and of HTTP headers.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "properties.hpp"
#include "s3/time.hpp"

namespace {

using namespace etl;
using fuzz::require;

std::time_t seconds_of(s3::TimePoint time) { return std::chrono::system_clock::to_time_t(time); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  if (const auto time = s3::parse_iso_time(text)) {
    require(seconds_of(*time) >= 0, "a time before 1970");
    const auto again = s3::parse_iso_time(fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(seconds_of(*time))));
    require(again == time, "a time of S3 is another one when it is written and read again: " + text);
  }
  if (const auto time = s3::parse_http_time(text)) {
    require(seconds_of(*time) >= 0, "a time before 1970");
    const auto again = s3::parse_http_time(fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(seconds_of(*time))));
    require(again == time, "a time of HTTP is another one when it is written and read again: " + text);
  }
  return 0;
}
