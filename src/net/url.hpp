#pragma once

#include <string>
#include <string_view>

namespace etl::net {

/// The address as it may be shown: without user, password, query and fragment.
[[nodiscard]] std::string without_query(std::string_view url);

/// What connections belong to: "https://host:port", in lower case. UsageError when `url` is no http(s) address.
[[nodiscard]] std::string origin_of(const std::string& url);

}  // namespace etl::net
