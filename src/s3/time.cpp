#include "s3/time.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>

namespace etl::s3 {
namespace {

/// The clock counts nanoseconds, and knows no time after the year 2262.
TimePoint time_point(std::time_t seconds) {
  constexpr auto last = std::chrono::floor<std::chrono::seconds>(TimePoint::max()).time_since_epoch().count();
  return std::chrono::system_clock::from_time_t(std::clamp<std::time_t>(seconds, 0, last));
}

}  // namespace

std::optional<TimePoint> parse_iso_time(const std::string& text) {
  std::tm time{};
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  stream >> std::get_time(&time, "%Y-%m-%dT%H:%M:%S");
  if (stream.fail()) return std::nullopt;
  return time_point(timegm(&time));
}

std::optional<TimePoint> parse_http_time(const std::string& text) {
  const auto time = curl_getdate(text.c_str(), nullptr);
  if (time < 0) return std::nullopt;
  return time_point(time);
}

}  // namespace etl::s3
