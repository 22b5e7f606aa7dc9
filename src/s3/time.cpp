#include "s3/time.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string_view>

namespace etl::s3 {
namespace {

/// The clock counts nanoseconds, and knows no time after the year 2262.
TimePoint time_point(std::time_t seconds) {
  constexpr auto last = std::chrono::floor<std::chrono::seconds>(TimePoint::max()).time_since_epoch().count();
  return std::chrono::system_clock::from_time_t(std::clamp<std::time_t>(seconds, 0, last));
}

/// Seconds east of UTC, of what follows the seconds of a time: ".000Z", "+02:00".
std::time_t offset_of(std::string_view rest) {
  if (rest.starts_with('.')) rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  if (rest.size() < 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':') return 0;
  const auto digits = [&](std::size_t at) { return std::time_t{10} * (rest[at] - '0') + (rest[at + 1] - '0'); };
  const auto seconds = 3600 * digits(1) + 60 * digits(4);
  return rest[0] == '+' ? seconds : -seconds;
}

}  // namespace

std::optional<TimePoint> parse_iso_time(const std::string& text) {
  std::tm time{};
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  stream >> std::get_time(&time, "%Y-%m-%dT%H:%M:%S");
  if (stream.fail()) return std::nullopt;
  std::string rest;
  std::getline(stream, rest);
  return time_point(timegm(&time) - offset_of(rest));
}

std::optional<TimePoint> parse_http_time(const std::string& text) {
  const auto time = curl_getdate(text.c_str(), nullptr);
  if (time < 0) return std::nullopt;
  return time_point(time);
}

}  // namespace etl::s3
