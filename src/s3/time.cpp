#include "s3/time.hpp"

#include <curl/curl.h>

#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>

namespace etl::s3 {

std::optional<TimePoint> parse_iso_time(const std::string& text) {
  std::tm time{};
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  stream >> std::get_time(&time, "%Y-%m-%dT%H:%M:%S");
  if (stream.fail()) return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&time));
}

std::optional<TimePoint> parse_http_time(const std::string& text) {
  const auto time = curl_getdate(text.c_str(), nullptr);
  if (time < 0) return std::nullopt;
  return std::chrono::system_clock::from_time_t(time);
}

}  // namespace etl::s3
