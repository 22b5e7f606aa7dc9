#pragma once

#include <string_view>

namespace etl {

/// Does `host` name this machine itself? True for localhost and names below it, 127.0.0.0/8, ::1 (with or without
/// brackets) and ::ffff:127.0.0.0/104. Nothing is resolved: any other name is false.
[[nodiscard]] bool is_loopback(std::string_view host);

/// The host of an origin as net::origin_of() writes it: "http://[::1]:80" -> "[::1]".
[[nodiscard]] std::string_view host_of_origin(std::string_view origin);

}  // namespace etl
