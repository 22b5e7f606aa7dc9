#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace etl::s3 {

using TimePoint = std::chrono::system_clock::time_point;

/// A time of AWS's answers, "2013-05-24T01:02:03.000Z" or with an offset, "2013-05-24T03:02:03+02:00". Fractions of a
/// second are dropped; a time without an offset is UTC.
[[nodiscard]] std::optional<TimePoint> parse_iso_time(const std::string& text);

/// A time of an HTTP header, "Fri, 24 May 2013 01:02:03 GMT".
[[nodiscard]] std::optional<TimePoint> parse_http_time(const std::string& text);

}  // namespace etl::s3
