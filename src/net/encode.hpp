#pragma once

#include <string>
#include <string_view>

/// Percent-encoding: every byte but A-Z a-z 0-9 - . _ ~ becomes %XX, as RFC 3986 and Signature Version 4 want it. The
/// one place of the program where text becomes part of an address.
namespace etl::net {

/// For the value of a query's parameter.
[[nodiscard]] std::string percent_encode(std::string_view text);
/// The same, but `/` stays: for an S3 key as the path of its URL.
[[nodiscard]] std::string percent_encode_path(std::string_view text);
/// %XX becomes its byte; what is no such triple stays. '+' stays, too: S3 has no spaces in that form.
[[nodiscard]] std::string percent_decode(std::string_view text);

/// One segment of a path, its slashes encoded. RefusedError for an empty segment and for `.` and `..`: no encoding
/// keeps a proxy from resolving them.
[[nodiscard]] std::string path_segment(std::string_view text);

}  // namespace etl::net
